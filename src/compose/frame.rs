//! What every PDF/A file has round its pages: catalog, output intent, page tree and metadata.

use std::io::{self, Write};

use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::writers::Catalog;
use pdf_writer::{Chunk, Finish, Ref, TextStr};

use super::metadata::XmpPacket;
use super::object_writer::ObjectWriter;
use crate::pdfa::SRGB_PROFILE;
use crate::record::Written;

/// Catalog and output intent are written first; metadata, whose claim depends on the pages, and the
/// page tree last.
pub(super) struct Frame {
    catalog: Ref,
    /// The parent of all pages.
    pub(super) page_tree: Ref,
    metadata: Ref,
}

impl Frame {
    /// Writes the first half.
    pub(super) fn start<W: Write>(objects: &mut ObjectWriter<W>) -> io::Result<Self> {
        let catalog = objects.reserve()?;
        let page_tree = objects.reserve()?;
        let metadata = objects.reserve()?;
        let profile = objects.reserve()?;
        objects.object(catalog, |chunk| {
            let mut catalog: Catalog<'_> = chunk.indirect(catalog).start();
            catalog.pages(page_tree).metadata(metadata);
            catalog.lang(TextStr("vi-VN"));
            catalog.viewer_preferences().display_doc_title(true);
            catalog
                .output_intents()
                .push()
                .subtype(OutputIntentSubtype::PDFA)
                .output_condition_identifier(TextStr("sRGB"))
                .info(TextStr("sRGB IEC61966-2.1"))
                .dest_output_profile(profile);
        })?;
        objects.object(profile, |chunk| {
            chunk.icc_profile(profile, SRGB_PROFILE).n(3);
        })?;
        Ok(Self {
            catalog,
            page_tree,
            metadata,
        })
    }

    /// Writes the second half, and ends the file.
    pub(super) fn finish<W: Write>(
        self,
        mut objects: ObjectWriter<W>,
        xmp: &XmpPacket,
        pages: Vec<Ref>,
        file_id: &[u8; 16],
    ) -> io::Result<Written> {
        let (metadata, page_tree) = (self.metadata, self.page_tree);
        let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
        // Uncompressed, so that the packet is found by programs that do not read PDF.
        objects.object(metadata, |chunk| {
            chunk.metadata(metadata, xmp.as_bytes());
        })?;
        objects.object(page_tree, |chunk: &mut Chunk| {
            chunk.pages(page_tree).count(count).kids(pages).finish();
        })?;
        objects.finish(self.catalog, file_id)
    }
}
