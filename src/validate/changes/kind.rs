//! What can have been changed, with codes that stay and words for people.

use crate::record::Lang;

/// What an object is for, as far as it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectClass {
    /// The document's catalogue.
    Catalogue,
    /// A node of the page tree.
    PageTree,
    /// A page.
    Page,
    /// What is drawn on a page.
    Content,
    /// A picture.
    Image,
    /// A piece of drawing that is used by name.
    FormXObject,
    /// A font or a part of one.
    Font,
    /// An annotation or a field.
    Annotation,
    /// A signature.
    Signature,
    /// A layer that can be shown or hidden.
    Layer,
    /// Metadata of the document.
    Metadata,
    /// Something that happens by itself or on a click.
    Action,
    /// Cross-reference data or a container of objects.
    Structure,
    /// Anything else.
    Other,
}

/// One kind of change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A signature in a new field.
    SignatureAdded {
        /// The field.
        name: String,
        /// It shows something on a page: over what was there.
        visible: bool,
    },
    /// A signature in a field that was there and empty.
    FieldSigned {
        /// The field.
        name: String,
        /// It shows something on a page.
        visible: bool,
    },
    /// A timestamp over the document.
    TimestampAdded {
        /// The field.
        name: String,
    },
    /// A new field for a signature to come.
    FieldAdded {
        /// The field.
        name: String,
        /// It shows something on a page.
        visible: bool,
    },
    /// Certificates or revocation data in the document security store.
    EvidenceAdded,
    /// Certificates or revocation data are not in the store any more.
    EvidenceDropped,
    /// The file names the extensions of PDF that it uses.
    ExtensionsNamed,
    /// Resources of the form for what was signed.
    FormResources,
    /// The signing program noted its name and the time.
    ProducerNoted,
    /// A field was filled in, as a signer allowed.
    FormFilled {
        /// The field.
        name: String,
    },
    /// A note was made.
    AnnotationAdded {
        /// Its `/Subtype`.
        subtype: String,
    },
    /// Notes were removed or put in another order.
    AnnotationsRemoved,
    /// An object has another value.
    Redefined(ObjectClass),
    /// An object has the same value, written again without need.
    Rewritten(ObjectClass),
    /// A new object, and nothing that may be added needs it.
    Added(ObjectClass),
    /// An object was taken away.
    Removed(ObjectClass),
    /// An entry of a dictionary that must stay.
    Entry {
        /// What the dictionary is.
        of: ObjectClass,
        /// The key.
        key: String,
    },
    /// An entry of the trailer.
    Trailer {
        /// The key.
        key: String,
    },
    /// An object that may be changed is used for something else as well.
    Shared(ObjectClass),
    /// What was signed refers to this object, which was not there: the change was prepared.
    Prepared(ObjectClass),
    /// An entry of a new field that a signature does not need.
    FieldBeyondSignature {
        /// The key.
        key: String,
    },
    /// A new field has the name of another.
    NameTwice {
        /// The name.
        name: String,
    },
    /// A new field hides a good part of a page.
    CoversPage {
        /// The field.
        name: String,
    },
    /// A signer allowed no more signatures.
    NotGranted {
        /// The field.
        name: String,
    },
    /// A signer locked the field.
    Locked {
        /// The field.
        name: String,
    },
    /// An update gives another place among the signed bytes for an object.
    Redirected,
    /// An update has cross-reference data for old readers and others for new ones.
    Hybrid,
    /// An object stream holds objects that the cross-reference data do not name.
    HiddenMember,
    /// Bytes that belong to no object.
    StrayBytes,
    /// An object begins among the signed bytes and ends behind them.
    Straddles,
    /// What was signed, or what came after it, cannot be read.
    Unreadable,
    /// There is more than can be compared with reasonable effort.
    TooMuch,
}

impl ChangeKind {
    /// For machines, kebab case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ChangeKind::SignatureAdded { .. } => "signature-added",
            ChangeKind::FieldSigned { .. } => "field-signed",
            ChangeKind::TimestampAdded { .. } => "timestamp-added",
            ChangeKind::FieldAdded { .. } => "field-added",
            ChangeKind::EvidenceAdded => "evidence-added",
            ChangeKind::EvidenceDropped => "evidence-dropped",
            ChangeKind::ExtensionsNamed => "extensions-named",
            ChangeKind::FormResources => "form-resources",
            ChangeKind::ProducerNoted => "producer-noted",
            ChangeKind::FormFilled { .. } => "form-filled",
            ChangeKind::AnnotationAdded { .. } => "annotation-added",
            ChangeKind::AnnotationsRemoved => "annotations-removed",
            ChangeKind::Redefined(_) => "object-redefined",
            ChangeKind::Rewritten(_) => "object-rewritten",
            ChangeKind::Added(_) => "object-added",
            ChangeKind::Removed(_) => "object-removed",
            ChangeKind::Entry { .. } => "entry-changed",
            ChangeKind::Trailer { .. } => "trailer-changed",
            ChangeKind::Shared(_) => "object-shared",
            ChangeKind::Prepared(_) => "object-prepared",
            ChangeKind::FieldBeyondSignature { .. } => "field-beyond-signature",
            ChangeKind::NameTwice { .. } => "name-twice",
            ChangeKind::CoversPage { .. } => "covers-page",
            ChangeKind::NotGranted { .. } => "not-granted",
            ChangeKind::Locked { .. } => "field-locked",
            ChangeKind::Redirected => "object-redirected",
            ChangeKind::Hybrid => "hybrid-update",
            ChangeKind::HiddenMember => "hidden-object",
            ChangeKind::StrayBytes => "stray-bytes",
            ChangeKind::Straddles => "object-straddles",
            ChangeKind::Unreadable => "unreadable",
            ChangeKind::TooMuch => "too-much",
        }
    }

    /// Whether a person should look at it although it is allowed.
    #[must_use]
    pub fn is_remarkable(&self) -> bool {
        match self {
            ChangeKind::SignatureAdded { visible, .. }
            | ChangeKind::FieldSigned { visible, .. }
            | ChangeKind::FieldAdded { visible, .. } => *visible,
            ChangeKind::EvidenceDropped
            | ChangeKind::FormFilled { .. }
            | ChangeKind::AnnotationAdded { .. }
            | ChangeKind::AnnotationsRemoved => true,
            _ => false,
        }
    }

    /// For people, a clause.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        self.message(lang)
    }

    fn message(&self, lang: Lang) -> String {
        let pick = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let of = |class: &ObjectClass, vi: &str, en: &str| match lang {
            Lang::Vi => format!("{} {vi}", class.text(lang)),
            Lang::En => format!("{} {en}", class.text(lang)),
        };
        let named = |vi: &str, en: &str, name: &str| format!("{} “{name}”", lang.pick(vi, en));
        let seen = |visible: &bool| match (visible, lang) {
            (false, _) => "",
            (true, Lang::Vi) => ", có hình hiển thị trên trang",
            (true, Lang::En) => ", visible on a page",
        };
        match self {
            ChangeKind::SignatureAdded { name, visible } => {
                named("thêm chữ ký", "signature added", name) + seen(visible)
            }
            ChangeKind::FieldSigned { name, visible } => {
                named("ký vào trường có sẵn", "field signed", name) + seen(visible)
            }
            ChangeKind::TimestampAdded { name } => {
                named("thêm dấu thời gian", "timestamp added", name)
            }
            ChangeKind::FieldAdded { name, visible } => {
                named(
                    "thêm trường chữ ký trống",
                    "empty signature field added",
                    name,
                ) + seen(visible)
            }
            ChangeKind::EvidenceAdded => pick(
                "thêm chứng thư hoặc dữ liệu thu hồi",
                "certificates or revocation data added",
            ),
            ChangeKind::EvidenceDropped => pick(
                "bỏ bớt chứng thư hoặc dữ liệu thu hồi",
                "certificates or revocation data dropped",
            ),
            ChangeKind::ExtensionsNamed => {
                pick("khai báo phần mở rộng PDF", "extensions of PDF named")
            }
            ChangeKind::FormResources => pick(
                "thêm tài nguyên biểu mẫu cho chữ ký",
                "resources of the form added for a signature",
            ),
            ChangeKind::ProducerNoted => pick(
                "phần mềm ký ghi tên và thời gian của mình",
                "the signing program noted its name and the time",
            ),
            ChangeKind::FormFilled { name } => {
                named("điền trường biểu mẫu", "field filled in", name)
            }
            ChangeKind::AnnotationAdded { subtype } => {
                named("thêm chú thích loại", "annotation added of kind", subtype)
            }
            ChangeKind::AnnotationsRemoved => pick(
                "bỏ hoặc đổi thứ tự chú thích",
                "annotations removed or reordered",
            ),
            ChangeKind::Redefined(class) => of(class, "bị thay đổi", "changed"),
            ChangeKind::Rewritten(class) => of(
                class,
                "bị ghi lại dù không đổi nội dung",
                "written again though nothing in it changed",
            ),
            ChangeKind::Added(class) => of(
                class,
                "được thêm mà chữ ký nào cũng không cần",
                "added though no signature needs it",
            ),
            ChangeKind::Removed(class) => of(class, "bị xóa", "removed"),
            ChangeKind::Entry { of: class, key } => {
                of(class, "bị đổi ở mục", "changed in the entry") + &format!(" /{key}")
            }
            ChangeKind::Trailer { key } => named("đổi mục cuối tệp", "trailer entry changed", key),
            ChangeKind::Shared(class) => of(
                class,
                "bị đổi trong khi còn được dùng ở chỗ khác",
                "changed while used for something else as well",
            ),
            ChangeKind::Prepared(class) => of(
                class,
                "được thêm vào chỗ mà tài liệu đã chừa sẵn trước khi ký",
                "added where the document had been prepared for it before signing",
            ),
            ChangeKind::FieldBeyondSignature { key } => named(
                "trường mới có mục mà chữ ký không cần",
                "new field with an entry that no signature needs",
                key,
            ),
            ChangeKind::NameTwice { name } => named(
                "trường mới trùng tên",
                "new field with the name of another",
                name,
            ),
            ChangeKind::CoversPage { name } => named(
                "trường mới che phần lớn trang",
                "new field that covers a good part of a page",
                name,
            ),
            ChangeKind::NotGranted { name } => named(
                "người ký trước không cho phép ký thêm",
                "an earlier signer allowed no further signature",
                name,
            ),
            ChangeKind::Locked { name } => named(
                "đổi trường đã bị người ký khóa",
                "changed though a signer locked the field",
                name,
            ),
            ChangeKind::Redirected => pick(
                "trỏ đối tượng sang chỗ khác trong phần đã ký",
                "object redirected to another place in what was signed",
            ),
            ChangeKind::Hybrid => pick(
                "phần thêm có hai bảng tham chiếu chéo khác nhau",
                "update with two sets of cross-reference data",
            ),
            ChangeKind::HiddenMember => pick(
                "đối tượng ẩn trong luồng đối tượng",
                "object hidden in an object stream",
            ),
            ChangeKind::StrayBytes => pick(
                "có byte không thuộc đối tượng nào",
                "bytes that belong to no object",
            ),
            ChangeKind::Straddles => pick(
                "đối tượng bắt đầu trong phần đã ký và kết thúc ngoài đó",
                "object that begins in what was signed and ends behind it",
            ),
            ChangeKind::Unreadable => pick(
                "không đọc được phần đã ký hoặc phần thêm sau",
                "what was signed, or what came after it, cannot be read",
            ),
            ChangeKind::TooMuch => pick(
                "phần thêm sau quá lớn nên không so sánh hết được",
                "more was added than can be compared",
            ),
        }
    }
}

impl ObjectClass {
    /// For machines, kebab case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ObjectClass::Catalogue => "catalogue",
            ObjectClass::PageTree => "page-tree",
            ObjectClass::Page => "page",
            ObjectClass::Content => "content",
            ObjectClass::Image => "image",
            ObjectClass::FormXObject => "form-xobject",
            ObjectClass::Font => "font",
            ObjectClass::Annotation => "annotation",
            ObjectClass::Signature => "signature",
            ObjectClass::Layer => "layer",
            ObjectClass::Metadata => "metadata",
            ObjectClass::Action => "action",
            ObjectClass::Structure => "structure",
            ObjectClass::Other => "other",
        }
    }

    /// For people, a noun.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            ObjectClass::Catalogue => ("cấu trúc gốc của tài liệu", "the document's catalogue"),
            ObjectClass::PageTree => ("danh sách trang", "the list of pages"),
            ObjectClass::Page => ("trang", "a page"),
            ObjectClass::Content => ("nội dung trang", "the content of a page"),
            ObjectClass::Image => ("hình ảnh", "a picture"),
            ObjectClass::FormXObject => ("hình vẽ dùng chung", "a reused drawing"),
            ObjectClass::Font => ("phông chữ", "a font"),
            ObjectClass::Annotation => ("chú thích hoặc trường biểu mẫu", "an annotation or field"),
            ObjectClass::Signature => ("chữ ký", "a signature"),
            ObjectClass::Layer => ("lớp ẩn hiện", "a layer"),
            ObjectClass::Metadata => ("siêu dữ liệu", "metadata"),
            ObjectClass::Action => ("hành động tự động", "an action"),
            ObjectClass::Structure => ("dữ liệu tham chiếu", "cross-reference data"),
            ObjectClass::Other => ("đối tượng khác", "an object"),
        };
        lang.pick(vi, en)
    }
}
