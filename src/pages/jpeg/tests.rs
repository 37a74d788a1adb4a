//! JPEG by markers, bytes and truncation.

use jpeg_encoder::ColorType;

use super::*;
use crate::pages::test_support::{jpeg, only_page};
use crate::pages::{PageError, ResolutionSource};

const RGB_KINDS: [(ColorType, bool, u16); 4] = [
    (ColorType::Rgb, false, 0),
    (ColorType::Rgb, false, 3),
    (ColorType::Rgb, true, 0),
    (ColorType::Luma, true, 5),
];

fn fault(data: &[u8]) -> Option<PageFault> {
    match only_page(data) {
        Ok(_) => None,
        Err(PageError::Page { fault, .. }) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn baseline_progressive_and_grey_pass_byte_for_byte() {
    for (colour, progressive, restart) in RGB_KINDS {
        let data = jpeg(133, 77, colour, progressive, restart);
        let page = only_page(&data).expect("a complete JPEG");
        assert_eq!(page.data, data);
        assert_eq!(page.treatment, PageTreatment::PassedThrough);
        assert_eq!(page.treatment_reason, "");
        assert_eq!((page.width_px, page.height_px), (133, 77));
        let components = if colour == ColorType::Luma { 1 } else { 3 };
        assert_eq!(page.encoding, ImageEncoding::Jpeg { components });
    }
}

#[test]
fn every_cut_is_seen() {
    for (colour, progressive, restart) in RGB_KINDS {
        let data = jpeg(133, 77, colour, progressive, restart);
        for end in 3..data.len() {
            assert!(
                fault(&data[..end]).is_some(),
                "cut at {end} of {}",
                data.len()
            );
            // The same with an end marker put after the cut, as some copying software does.
            let mut closed = data[..end].to_vec();
            closed.extend([0xFF, 0xD9]);
            if end + 2 < data.len() {
                assert!(
                    progressive || fault(&closed).is_some(),
                    "cut at {end} of {} and closed",
                    data.len()
                );
            }
        }
    }
}

#[test]
fn lost_and_swapped_restart_markers_are_seen() {
    let data = jpeg(133, 77, ColorType::Rgb, false, 3);
    let markers: Vec<usize> = (0..data.len() - 1)
        .filter(|&at| data[at] == 0xFF && (0xD0..=0xD7).contains(&data[at + 1]))
        .collect();
    assert!(markers.len() > 4);
    let mut swapped = data.clone();
    swapped[markers[2] + 1] = 0xD5;
    assert!(fault(&swapped).is_some());
    let mut lost = data.clone();
    lost.drain(markers[1]..markers[2]);
    assert!(fault(&lost).is_some());
}

#[test]
fn bytes_after_the_end_are_left_out_and_said_so() {
    let data = jpeg(40, 40, ColorType::Rgb, false, 0);
    let mut longer = data.clone();
    longer.extend([0; 7]);
    let page = only_page(&longer).expect("a complete JPEG");
    assert_eq!(page.data, data);
    assert_eq!(
        page.treatment_reason,
        "7 bytes after the end of the JPEG left out"
    );
}

#[test]
fn cmyk_becomes_rgb() {
    for colour in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let page = only_page(&jpeg(64, 48, colour, false, 0)).expect("a complete JPEG");
        assert_eq!(page.treatment, PageTreatment::Converted);
        assert_eq!(page.encoding, ImageEncoding::Jpeg { components: 3 });
        only_page(&page.data).expect("the converted JPEG is complete");
    }
}

#[test]
fn cmyk_without_a_marker_is_ink_and_with_adobes_it_is_paper() {
    let white_paper = [0, 0, 0, 0];
    assert_eq!(cmyk_to_rgb(&white_paper, false, false), [255, 255, 255]);
    assert_eq!(cmyk_to_rgb(&[255; 4], false, true), [255, 255, 255]);
    assert_eq!(cmyk_to_rgb(&[0, 0, 0, 255], false, false), [0, 0, 0]);
}

#[test]
fn components_called_rgb_get_the_marker_that_says_so() {
    let mut data = jpeg(40, 40, ColorType::Rgb, false, 0);
    let jfif_length = 2 + usize::from(u16::from_be_bytes([data[4], data[5]]));
    assert_eq!(&data[6..10], b"JFIF");
    data.drain(2..2 + jfif_length);
    let frame = data
        .windows(2)
        .position(|two| two == [0xFF, 0xC0])
        .expect("SOF0");
    let scan = data
        .windows(2)
        .position(|two| two == [0xFF, 0xDA])
        .expect("SOS");
    for (index, id) in b"RGB".iter().enumerate() {
        data[frame + 10 + index * 3] = *id;
        data[scan + 5 + index * 2] = *id;
    }
    let page = only_page(&data).expect("a complete JPEG");
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert_eq!(&page.data[2..4], [0xFF, 0xEE]);
    assert_eq!(page.data.len(), data.len() + 16);
}

#[test]
fn kinds_that_no_viewer_need_read_are_refused_by_name() {
    let data = jpeg(40, 40, ColorType::Rgb, false, 0);
    let frame = data
        .windows(2)
        .position(|two| two == [0xFF, 0xC0])
        .expect("SOF0");
    for (offset, value, name) in [
        (1, 0xC3, "lossless"),
        (1, 0xC9, "arithmetic"),
        (1, 0xC5, "hierarchical"),
        (4, 12, "12-bit"),
        (5, 0, "height"),
    ] {
        let mut changed = data.clone();
        changed[frame + offset] = value;
        if offset == 5 {
            changed[frame + 6] = 0;
        }
        match fault(&changed) {
            Some(PageFault::Unsupported(what)) => assert!(what.contains(name), "{what}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_header_of_billions_of_pixels_is_refused_before_anything_else() {
    let mut data = jpeg(40, 40, ColorType::Rgb, false, 0);
    let frame = data
        .windows(2)
        .position(|two| two == [0xFF, 0xC0])
        .expect("SOF0");
    data[frame + 5..frame + 9].fill(0xFF);
    assert!(matches!(
        fault(&data),
        Some(PageFault::TooLarge {
            width: 65535,
            height: 65535
        })
    ));
}

#[test]
fn changed_bytes_never_panic() {
    for (colour, progressive, restart) in RGB_KINDS {
        let data = jpeg(50, 33, colour, progressive, restart);
        for at in 2..data.len() {
            for value in [0, 0x7F, 0xFF, data[at] ^ 1] {
                let mut changed = data.clone();
                changed[at] = value;
                let _ = examine(&changed, &Bounds::new(&crate::config::Limits::default()));
            }
        }
    }
}

#[test]
fn the_density_of_the_header_is_read() {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 30);
    encoder.set_density(jpeg_encoder::PixelDensity::dpi(200));
    encoder
        .encode(&vec![200; 1654 * 2339], 1654, 2339, ColorType::Luma)
        .expect("an encodable picture");
    let page = only_page(&out).expect("a complete JPEG");
    assert_eq!(page.resolution.source, ResolutionSource::File);
    assert_eq!((page.resolution.x, page.resolution.y), (200.0, 200.0));
}
