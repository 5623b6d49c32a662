//! How fast networks of usual shapes are, with weights that mean nothing:
//! `cargo run --release -p kernels --example decoder [NAME]`

use kernels::decoder::{Computer, Conversation, Decoder, Layer, Shape, Spent, Step, Turn};
use kernels::input::Rounding;
use kernels::matrix::{Matrix, Source};
use kernels::parts::Pairs;
use kernels::pool::Pool;
use kernels::simd::Level;
use std::time::Instant;

struct Size {
    name: &'static str,
    shape: Shape,
    layers: usize,
    inner: usize,
    vocabulary: usize,
    most: Source,
    down: Source,
    table: Source,
}

fn shape(width: usize, heads: usize, kv_heads: usize, head: usize) -> Shape {
    let (pairs, rope_base, epsilon) = (Pairs::Halves, 10_000.0, 1e-5);
    Shape { width, heads, kv_heads, head, rotated: head, pairs, rope_base, epsilon, context: 4096 + 64 }
}

fn matrix(source: Source, rows: usize, columns: usize) -> Matrix {
    // A scale of half precision in each block that is small, whatever the format.
    let bytes = vec![0x11; source.row_bytes(columns).unwrap_or(0) * rows];
    Matrix::new(source, rows, columns, &bytes).expect("shapes of the formats")
}

fn network(size: &Size) -> Decoder {
    let Shape { width, heads, kv_heads, head, .. } = size.shape;
    let of = |rows, columns| matrix(size.most, rows, columns);
    let layer = || Layer {
        attention_norm: vec![1.0; width],
        queries: of(heads * head, width),
        keys: of(kv_heads * head, width),
        values: of(kv_heads * head, width),
        biases: None,
        head_norms: (head == 128).then(|| [vec![1.0; head], vec![1.0; head]]),
        output: of(width, heads * head),
        forward_norm: vec![1.0; width],
        gate: of(size.inner, width),
        up: of(size.inner, width),
        down: matrix(size.down, width, size.inner),
    };
    let layers = (0..size.layers).map(|_| layer()).collect();
    let table = matrix(size.table, size.vocabulary, width);
    Decoder::new(size.shape, table, layers, vec![1.0; width], None, None).expect("sizes that fit")
}

/// Seconds of the fastest of some.
fn best(times: usize, mut work: impl FnMut()) -> f64 {
    let one = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64()
    };
    (0..times).map(one).fold(f64::MAX, f64::min)
}

fn main() {
    let asked = std::env::args().nth(1);
    let smol = shape(576, 9, 3, 64);
    let qwen = shape(1024, 16, 8, 128);
    let (layers, inner, vocabulary) = (28, 3072, 151_936);
    let sizes = [
        Size {
            name: "smollm2-q4_1",
            shape: smol,
            layers: 30,
            inner: 1536,
            vocabulary: 49_152,
            most: Source::Q4_1,
            down: Source::Q4_1,
            table: Source::Q8_0,
        },
        Size {
            name: "qwen3-q8_0",
            shape: qwen,
            layers,
            inner,
            vocabulary,
            most: Source::Q8_0,
            down: Source::Q8_0,
            table: Source::Q8_0,
        },
        Size {
            name: "qwen3-q4_k",
            shape: qwen,
            layers,
            inner,
            vocabulary,
            most: Source::Q4K,
            down: Source::Q6K,
            table: Source::Q6K,
        },
    ];
    for size in sizes.iter().filter(|size| asked.as_ref().is_none_or(|asked| size.name == asked)) {
        let decoder = network(size);
        for rounding in [Rounding::Eight, Rounding::Fifteen] {
            let mut computer = Computer::new(Pool::of_machine(), Level::best(), rounding);
            let mut read = |conversations: &mut [Conversation], tokens: &[u32]| {
                let turn = |conversation| Turn { conversation, tokens, scored: 1 };
                let mut turns: Vec<Turn<'_>> = conversations.iter_mut().map(turn).collect();
                decoder.read(&mut computer, &mut turns);
                computer.spent()
            };
            let told = |name: &str, spent: Spent| {
                let steps =
                    Step::ALL.map(|step| format!("{step:?} {:.2}", spent.of(step).as_secs_f64() * 1e3));
                println!("  {name}, ms: {}", steps.join(", "));
            };
            let prompt: Vec<u32> = (0..128).collect();
            let begun = Instant::now();
            let mut one = [decoder.begin()];
            let mut last = Spent::default();
            let prompts = best(3, || {
                one = [decoder.begin()];
                (0..4).for_each(|_| last = read(&mut one, &prompt));
            });
            told("the last 128 of 512", last);
            let mut at = |length: usize, alone: usize| {
                while one[0].len() < length {
                    read(&mut one, &prompt);
                }
                one[0].truncate(length);
                let mut many: Vec<Conversation> = (0..alone).map(|_| one[0].clone()).collect();
                let seconds = best(5, || (0..8).for_each(|_| last = read(&mut many, &[7])));
                told(&format!("{alone} after {length}"), last);
                8.0 * alone as f64 / seconds
            };
            let [short, long, longest, four] =
                [(16, 1), (1500, 1), (4000, 1), (16, 4)].map(|(length, alone)| at(length, alone));
            println!(
                "{} {rounding:?}: prompt of 512 {:.0} tokens/s; decoding {short:.0}, after 1500 {long:.0}, after 4000 {longest:.0}, four {four:.0} tokens/s; {:.0} MB; took {:.1} s",
                size.name,
                512.0 / prompts,
                decoder.bytes() as f64 / 1e6,
                begun.elapsed().as_secs_f64()
            );
        }
    }
}
