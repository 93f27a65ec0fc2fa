use rustix::fs::{MemfdFlags, fcntl_add_seals, ftruncate, memfd_create};

use super::*;

fn memfd(size: u64, seals: SealFlags) -> OwnedFd {
    let file = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&file, size).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file
}

fn maps(file: &OwnedFd, length: usize) -> bool {
    match Mapping::new(file, length, Access::ReadOnly) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
            false
        }
    }
}

#[test]
fn only_memory_that_cannot_shrink_is_mapped() {
    assert!(!maps(&memfd(4096, SealFlags::empty()), 4096));
    assert!(!maps(&memfd(4096, SealFlags::GROW | SealFlags::FUTURE_WRITE), 4096));
    assert!(maps(&memfd(4096, SealFlags::SHRINK), 4096));
}

#[test]
fn only_as_much_as_the_file_has_is_mapped() {
    let file = memfd(4097, SealFlags::SHRINK);
    assert!(maps(&file, 4097));
    assert!(!maps(&file, 4098), "that byte would not fault, but it is not there");
    assert!(!maps(&file, 1 << 20));
}

#[test]
fn huge_pages_are_not_mapped() {
    const HUGE: u64 = 2 << 20;
    let flags = MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB | MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // A kernel may be built without them. Without a page in its pool the file exists all the same.
    let Ok(file) = memfd_create("test", flags) else { return };
    ftruncate(&file, HUGE).unwrap();
    fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
    assert!(!maps(&file, HUGE as usize));
}

#[test]
fn a_last_word_that_is_not_whole_is_readable() {
    let file = memfd(4099, SealFlags::SHRINK);
    let mapping = Mapping::new(&file, 4099, Access::ReadWrite).unwrap();
    assert!(mapping.write(4095, &[1, 2, 3, 4]));
    let mut out = [0; 5];
    mapping.read(4094, &mut out);
    assert_eq!(out, [0, 1, 2, 3, 4]);
}

#[test]
fn a_read_only_mapping_refuses_to_write() {
    let file = memfd(64, SealFlags::SHRINK);
    let mapping = Mapping::new(&file, 64, Access::ReadOnly).unwrap();
    assert!(!mapping.write(0, &[1]));
    assert!(!mapping.fill(0..64, 1));
}

#[test]
#[should_panic(expected = "outside of a mapping")]
fn a_read_past_the_mapping_panics() {
    let file = memfd(4096, SealFlags::SHRINK);
    Mapping::new(&file, 100, Access::ReadOnly).unwrap().read(96, &mut [0; 5]);
}
