//! What can be wrong with a signing key's section, or with the policy.

use std::fmt;

use super::PolicyFault;
use crate::record::Lang;

/// What is wrong with a key's section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// Its name has other letters than `a`–`z`, `0`–`9` and `-`, or is too long.
    Name,
    /// `key = …` names the organisation's key already.
    Twice,
    /// Nobody would be there to type its PIN.
    UnattendedPrompt,
    /// A PIN of a token or a remote service would lie in a file.
    PinFile,
    /// A systemd credential's name is no file name.
    CredentialName,
    /// `key_id` is not hexadecimal.
    KeyId,
    /// The remote service's address is not `https://`.
    NotHttps,
    /// Both `access_token` and `user`/`password`, or only one of the latter.
    Access,
}

impl KeyFault {
    pub(in crate::config) fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            KeyFault::Name => (
                "tên chỉ gồm a–z, 0–9 và dấu -, nhiều nhất 32 ký tự",
                "its name may have a–z, 0–9 and -, at most 32 letters",
            ),
            KeyFault::Twice => (
                "đã khai báo bằng key = … rồi",
                "`key = …` names the same key already",
            ),
            KeyFault::UnattendedPrompt => (
                "attended = false mà mã PIN lại phải có người nhập",
                "attended = false, but a person would have to type its PIN",
            ),
            KeyFault::PinFile => (
                "mã PIN của token hoặc dịch vụ ký từ xa không được để trong tệp",
                "the PIN of a token or a remote service must not lie in a file",
            ),
            KeyFault::CredentialName => (
                "tên credential phải là một tên tệp",
                "the credential's name must be a plain file name",
            ),
            KeyFault::KeyId => (
                "key_id phải là số thập lục phân",
                "key_id must be hexadecimal",
            ),
            KeyFault::NotHttps => (
                "address phải bắt đầu bằng https://",
                "address must begin with https://",
            ),
            KeyFault::Access => (
                "dùng access_token, hoặc cả user và password",
                "give access_token, or both user and password",
            ),
        };
        lang.pick(vi, en)
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(Lang::En))
    }
}

impl PolicyFault {
    pub(in crate::config) fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (PolicyFault::Nobody, Lang::Vi) => "không có ai ký".to_owned(),
            (PolicyFault::Nobody, Lang::En) => "nobody signs".to_owned(),
            (PolicyFault::NoSuchKey(key), Lang::Vi) => {
                format!("chưa khai báo khóa “{key}” trong [signing.keys]")
            }
            (PolicyFault::NoSuchKey(key), Lang::En) => {
                format!("[signing.keys] has no key “{key}”")
            }
            (PolicyFault::KeyTwice(key), Lang::Vi) => format!("khóa “{key}” ký hai lần"),
            (PolicyFault::KeyTwice(key), Lang::En) => format!("key “{key}” would sign twice"),
            (PolicyFault::RoleTwice(role), Lang::Vi) => {
                format!("{} ký hai lần", role.label(lang))
            }
            (PolicyFault::RoleTwice(role), Lang::En) => {
                format!("the {} would sign twice", role.label(lang))
            }
            (PolicyFault::Placeholder(found), Lang::Vi) => format!(
                "“{{{found}” không dùng được; chỉ có {{copy_form}}, {{agency}}, {{name}}, {{time}}"
            ),
            (PolicyFault::Placeholder(found), Lang::En) => {
                format!("“{{{found}” is none of {{copy_form}}, {{agency}}, {{name}}, {{time}}")
            }
            (PolicyFault::NoTime, Lang::Vi) => "text phải có {time}".to_owned(),
            (PolicyFault::NoTime, Lang::En) => "`text` must show {time}".to_owned(),
            (PolicyFault::TooLong, Lang::Vi) => {
                "text có nhiều nhất 6 dòng, mỗi dòng 120 ký tự".to_owned()
            }
            (PolicyFault::TooLong, Lang::En) => "`text` may have 6 lines of 120 letters".to_owned(),
        }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}
