//! Says what the processor lacks before anything can fail for want of it.
//!
//! The program is compiled for processors with AVX2 and what came with it (`.cargo/config.toml`), FAISS in C++ as well. On
//! another one it would die without a word, perhaps before `main`: constructors of libraries run first. So this check is the
//! first of the constructors, and is in assembly, as the compiler would use here too what is not there. Nothing is checked
//! that the compiler was not told to use: built for any processor, the program starts on any processor.

#![allow(unsafe_code)]

use std::arch::naked_asm;

/// Where `cpuid` tells of an instruction: which of three words, which bit, and the name to print.
#[repr(C)]
struct Need {
    word: u8,
    bit: u8,
    /// In bytes of `name`; nothing to print and nothing needed if zero.
    length: u8,
    name: [u8; 13],
}

/// The words: leaf 1 `ecx`, leaf 7 `ebx`, leaf 0x8000_0001 `ecx`.
static NEEDS: [Need; NEEDED] = [
    need(cfg!(target_feature = "popcnt"), 0, 23, " POPCNT"),
    need(cfg!(target_feature = "sse4.2"), 0, 20, " SSE4.2"),
    need(cfg!(target_feature = "avx"), 0, AVX, " AVX"),
    need(cfg!(target_feature = "avx2"), 1, AVX2, " AVX2"),
    need(cfg!(target_feature = "fma"), 0, FMA, " FMA"),
    need(cfg!(target_feature = "f16c"), 0, F16C, " F16C"),
    need(cfg!(target_feature = "movbe"), 0, 22, " MOVBE"),
    need(cfg!(target_feature = "bmi1"), 1, 3, " BMI1"),
    need(cfg!(target_feature = "bmi2"), 1, 8, " BMI2"),
    need(cfg!(target_feature = "lzcnt"), 2, 5, " LZCNT"),
];
const NEEDED: usize = 10;

const AVX: u8 = 28;
const AVX2: u8 = 5;
const FMA: u8 = 12;
const F16C: u8 = 29;
/// Bits of leaf 1 and leaf 7 that are worth nothing where the system does not keep the wide registers.
const WIDE_1: u32 = 1 << AVX | 1 << FMA | 1 << F16C;
const WIDE_7: u32 = 1 << AVX2;

const BEFORE: &str = "Millrace cannot run here: this build needs a processor (or a virtual machine) with";
const BEHIND: &str =
    ".\nIt was built for x86 processors with AVX2; see docs/runtime.md for a build without.\n";
static LACKS: [u8; BEFORE.len()] = bytes(BEFORE);
static HELP: [u8; BEHIND.len()] = bytes(BEHIND);

/// The first of the constructors: those with a number run before those without.
#[used]
#[unsafe(link_section = ".init_array.00001")]
static CHECK: unsafe extern "C" fn() = check;

/// Returns if the processor has all of [`NEEDS`]; else prints those that it lacks and ends the process with status 1.
#[unsafe(naked)]
unsafe extern "C" fn check() {
    naked_asm!(
        "push rbx",
        "push r12",
        "push r13",
        "sub rsp, 16",
        // The three words to the stack: zero where the processor does not know the leaf.
        "mov dword ptr [rsp + 4], 0",
        "mov dword ptr [rsp + 8], 0",
        "mov eax, 1",
        "xor ecx, ecx",
        "cpuid",
        "mov dword ptr [rsp], ecx",
        "xor eax, eax",
        "cpuid",
        "cmp eax, 7",
        "jb 2f",
        "mov eax, 7",
        "xor ecx, ecx",
        "cpuid",
        "mov dword ptr [rsp + 4], ebx",
        "2:",
        "mov eax, 0x80000000",
        "cpuid",
        "cmp eax, 0x80000001",
        "jb 3f",
        "mov eax, 0x80000001",
        "cpuid",
        "mov dword ptr [rsp + 8], ecx",
        "3:",
        // Does the system keep the wide registers (OSXSAVE, then bits 1 and 2 of XCR0)?
        "bt dword ptr [rsp], 27",
        "jnc 4f",
        "xor ecx, ecx",
        "xgetbv",
        "and eax, 6",
        "cmp eax, 6",
        "je 5f",
        "4:",
        "and dword ptr [rsp], {narrow_1}",
        "and dword ptr [rsp + 4], {narrow_7}",
        "5:",
        // r12: the need at hand. r13: how many are left. rbx: whether one was missing.
        "lea r12, [rip + {needs}]",
        "mov r13d, {count}",
        "xor ebx, ebx",
        "6:",
        "cmp byte ptr [r12 + 2], 0",
        "je 8f",
        "movzx eax, byte ptr [r12]",
        "mov eax, dword ptr [rsp + 4 * rax]",
        "movzx ecx, byte ptr [r12 + 1]",
        "bt eax, ecx",
        "jc 8f",
        "test ebx, ebx",
        "jnz 7f",
        "mov ebx, 1",
        "lea rsi, [rip + {lacks}]",
        "mov edx, {lacks_length}",
        "mov edi, 2",
        "mov eax, 1",
        "syscall",
        "7:",
        "lea rsi, [r12 + 3]",
        "movzx edx, byte ptr [r12 + 2]",
        "mov edi, 2",
        "mov eax, 1",
        "syscall",
        "8:",
        "add r12, 16",
        "dec r13d",
        "jnz 6b",
        "test ebx, ebx",
        "jz 9f",
        "lea rsi, [rip + {help}]",
        "mov edx, {help_length}",
        "mov edi, 2",
        "mov eax, 1",
        "syscall",
        // exit_group
        "mov edi, 1",
        "mov eax, 231",
        "syscall",
        "9:",
        "add rsp, 16",
        "pop r13",
        "pop r12",
        "pop rbx",
        "ret",
        narrow_1 = const !WIDE_1 as i32,
        narrow_7 = const !WIDE_7 as i32,
        needs = sym NEEDS,
        count = const NEEDED,
        lacks = sym LACKS,
        lacks_length = const BEFORE.len(),
        help = sym HELP,
        help_length = const BEHIND.len(),
    )
}

const fn need(needed: bool, word: u8, bit: u8, name: &str) -> Need {
    let mut padded = [0; 13];
    let mut at = 0;
    while at < name.len() {
        padded[at] = name.as_bytes()[at];
        at += 1;
    }
    Need { word, bit, length: if needed { name.len() as u8 } else { 0 }, name: padded }
}

const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = text.as_bytes()[at];
        at += 1;
    }
    bytes
}
