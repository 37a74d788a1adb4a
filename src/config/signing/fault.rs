//! What can be wrong with a signing key's section.

use std::fmt;

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
