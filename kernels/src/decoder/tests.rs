//! The network against one written out in double precision, which keeps keys and values in half precision as well.

use half::f16;

use super::*;
use crate::matrix::Source;
use crate::product::tests::{Random, rows};

const WIDTH: usize = 64;
const INNER: usize = 96;
const TOKENS: usize = 40;

fn network(source: Source, pairs: Pairs, full: bool, random: &mut Random) -> Decoder {
    let shape = Shape {
        width: WIDTH,
        heads: 6,
        kv_heads: 2,
        head: 32,
        rotated: if full { 32 } else { 16 },
        pairs,
        rope_base: 100.0,
        epsilon: 1e-5,
        context: 300,
    };
    let mut matrix = |count: usize, columns: usize| {
        Matrix::new(source, count, columns, &rows(source, count, columns, random)).unwrap()
    };
    let matrices: Vec<[Matrix; 7]> = (0..2)
        .map(|_| {
            [
                (192, WIDTH),
                (64, WIDTH),
                (64, WIDTH),
                (WIDTH, 192),
                (INNER, WIDTH),
                (INNER, WIDTH),
                (WIDTH, INNER),
            ]
            .map(|(count, columns)| matrix(count, columns))
        })
        .collect();
    let (table, head) = (matrix(TOKENS, WIDTH), matrix(TOKENS, WIDTH));
    // Small, or a tiny difference would decide which token a head looks at.
    let mut row = |length: usize| -> Vec<f32> { (0..length).map(|_| 0.1 + random.number() / 30.0).collect() };
    let mut layers = Vec::new();
    for [queries, keys, values, output, gate, up, down] in matrices {
        layers.push(Layer {
            attention_norm: row(WIDTH),
            queries,
            keys,
            values,
            biases: (!full).then(|| [row(192), row(64), row(64)]),
            head_norms: full.then(|| [row(32), row(32)]),
            output,
            forward_norm: row(WIDTH),
            gate,
            up,
            down,
        });
    }
    Decoder::new(shape, table, layers, row(WIDTH), full.then_some(head), None).unwrap()
}

fn wide(row: &[f32]) -> Vec<f64> {
    row.iter().map(|x| f64::from(*x)).collect()
}

fn times(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    let mut row = vec![0.0; matrix.columns()];
    (0..matrix.rows())
        .map(|at| {
            matrix.read_row(at, &mut row);
            row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum()
        })
        .collect()
}

fn normed(x: &[f64], scale: &[f32]) -> Vec<f64> {
    let mean = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    x.iter().zip(scale).map(|(x, scale)| x / (mean + 1e-5).sqrt() * f64::from(*scale)).collect()
}

fn turned(head: &[f64], position: usize, shape: &Shape) -> Vec<f64> {
    let mut out = head.to_vec();
    let pairs = shape.rotated / 2;
    for pair in 0..pairs {
        let (a, b) = match shape.pairs {
            Pairs::Neighbours => (2 * pair, 2 * pair + 1),
            Pairs::Halves => (pair, pair + pairs),
        };
        let angle = position as f64 * f64::from(shape.rope_base).powf(-(pair as f64) / pairs as f64);
        out[a] = head[a] * angle.cos() - head[b] * angle.sin();
        out[b] = head[a] * angle.sin() + head[b] * angle.cos();
    }
    out
}

/// The scores after each token.
fn written_out(decoder: &Decoder, tokens: &[u32]) -> Vec<Vec<f64>> {
    let shape = decoder.shape;
    let mut rows: Vec<Vec<f64>> = tokens
        .iter()
        .map(|token| {
            let mut row = vec![0.0; WIDTH];
            decoder.table.read_row(*token as usize, &mut row);
            wide(&row)
        })
        .collect();
    for layer in &decoder.layers {
        let mut known: Vec<[Vec<f64>; 2]> = Vec::new();
        for (position, x) in rows.iter_mut().enumerate() {
            let input = normed(x, &layer.attention_norm);
            let [mut queries, mut keys, mut values] =
                [&layer.queries, &layer.keys, &layer.values].map(|matrix| times(matrix, &input));
            if let Some(biases) = &layer.biases {
                for (row, bias) in [&mut queries, &mut keys, &mut values].into_iter().zip(biases) {
                    row.iter_mut().zip(bias).for_each(|(x, bias)| *x += f64::from(*bias));
                }
            }
            let heads = |row: &[f64], norm: Option<&Vec<f32>>| -> Vec<f64> {
                row.chunks(32)
                    .flat_map(|head| {
                        turned(
                            &norm.map_or_else(|| head.to_vec(), |norm| normed(head, norm)),
                            position,
                            &shape,
                        )
                    })
                    .collect()
            };
            let norms = layer.head_norms.as_ref();
            let queries = heads(&queries, norms.map(|[queries, _]| queries));
            let keys = heads(&keys, norms.map(|[_, keys]| keys));
            let half = |row: Vec<f64>| {
                row.into_iter().map(|x| f64::from(f16::from_f32(x as f32).to_f32())).collect()
            };
            known.push([half(keys), half(values)]);
            let mut attended = Vec::new();
            for (head, query) in queries.chunks(32).enumerate() {
                let own = head / 3 * 32..(head / 3 + 1) * 32;
                let score =
                    |keys: &[f64]| keys.iter().zip(query).map(|(a, b)| a * b).sum::<f64>() / 32f64.sqrt();
                let weights: Vec<f64> =
                    known.iter().map(|[keys, _]| score(&keys[own.clone()]).exp()).collect();
                let total: f64 = weights.iter().sum();
                attended.extend(own.map(|at| {
                    known.iter().zip(&weights).map(|([_, values], w)| values[at] * w).sum::<f64>() / total
                }));
            }
            let more = times(&layer.output, &attended);
            x.iter_mut().zip(more).for_each(|(x, more)| *x += more);
            let input = normed(x, &layer.forward_norm);
            let (gate, up) = (times(&layer.gate, &input), times(&layer.up, &input));
            let inner: Vec<f64> =
                gate.iter().zip(up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
            let more = times(&layer.down, &inner);
            x.iter_mut().zip(more).for_each(|(x, more)| *x += more);
        }
    }
    let head = decoder.head.as_ref().unwrap_or(&decoder.table);
    rows.iter().map(|x| times(head, &normed(x, &decoder.norm))).collect()
}

fn near(ours: &[f32], expected: &[f64]) {
    let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    for (ours, expected) in ours.iter().zip(expected) {
        let off = (f64::from(*ours) - expected).abs() / largest;
        // Half precision may round either way.
        assert!(off < 5e-3, "{ours} is not {expected}, of {largest}");
    }
}

fn computer(threads: usize) -> Computer {
    Computer::new(Pool::new(threads), Level::best(), Rounding::Fifteen)
}

#[test]
fn reads_as_written_out_at_once_in_pieces_and_beside_others() {
    let mut random = Random(5);
    for (source, pairs, full) in [
        (Source::F32, Pairs::Halves, true),
        (Source::Q8_0, Pairs::Neighbours, false),
        (Source::Q4_1, Pairs::Halves, false),
    ] {
        let decoder = network(source, pairs, full, &mut random);
        let tokens: Vec<u32> = (0..150).map(|_| u32::from(random.byte()) % TOKENS as u32).collect();
        let expected = written_out(&decoder, &tokens);
        let mut computer = computer(2);
        let mut whole = decoder.begin();
        let mut turns = [Turn { conversation: &mut whole, tokens: &tokens, scored: tokens.len() }];
        let scores = decoder.read(&mut computer, &mut turns);
        scores.chunks(TOKENS).zip(&expected).for_each(|(ours, expected)| near(ours, expected));

        // One reads on token by token while the other reads a part of its prompt.
        let (mut first, mut second) = (decoder.begin(), decoder.begin());
        decoder
            .read(&mut computer, &mut [Turn { conversation: &mut first, tokens: &tokens[..60], scored: 0 }]);
        for at in 60..80 {
            let part = (at - 60) * 5;
            let mut turns = [
                Turn { conversation: &mut first, tokens: &tokens[at..=at], scored: 1 },
                Turn { conversation: &mut second, tokens: &tokens[part..part + 5], scored: 2 },
            ];
            let scores = decoder.read(&mut computer, &mut turns);
            let [one, two, three] = [0, 1, 2].map(|row| &scores[row * TOKENS..(row + 1) * TOKENS]);
            near(one, &expected[at]);
            near(two, &expected[part + 3]);
            near(three, &expected[part + 4]);
        }
        assert_eq!((first.len(), second.len()), (80, 100));

        // A copy goes on in its own way, cut in the middle of a page; the other does not notice.
        let mut copy = second.clone();
        copy.truncate(70);
        let mut turns = [Turn { conversation: &mut copy, tokens: &tokens[70..75], scored: 1 }];
        near(&decoder.read(&mut computer, &mut turns), &expected[74]);
        let mut turns = [Turn { conversation: &mut copy, tokens: &[1, 2, 3], scored: 0 }];
        assert!(decoder.read(&mut computer, &mut turns).is_empty());
        let mut turns = [Turn { conversation: &mut second, tokens: &tokens[100..101], scored: 1 }];
        near(&decoder.read(&mut computer, &mut turns), &expected[100]);
    }
}

#[test]
fn all_threads_and_levels_read_the_same() {
    let decoder = network(Source::Q4_1, Pairs::Halves, true, &mut Random(9));
    let tokens: Vec<u32> = (0..290).map(|at| at % TOKENS as u32).collect();
    let scores = |threads: usize, level: Level| {
        let mut computer = Computer::new(Pool::new(threads), level, Rounding::Fifteen);
        let mut one = decoder.begin();
        decoder.read(&mut computer, &mut [Turn { conversation: &mut one, tokens: &tokens, scored: 0 }]);
        decoder.read(&mut computer, &mut [Turn { conversation: &mut one, tokens: &[3], scored: 1 }])
    };
    let expected: Vec<f64> = wide(&scores(1, Level::Portable));
    for level in Level::all() {
        for threads in [1, 2, 4] {
            near(&scores(threads, level), &expected);
        }
    }
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let Decoder { shape, table, mut layers, norm, .. } =
        network(Source::F32, Pairs::Halves, true, &mut Random(1));
    let odd = Shape { heads: 5, ..shape };
    layers[1].forward_norm.pop();
    let why = Decoder::new(shape, table, layers, norm, None, None).unwrap_err();
    assert_eq!(why.0, "the second norm of layer 1 has 63 numbers, not 64");
    let again = network(Source::F32, Pairs::Halves, true, &mut Random(1));
    let why = Decoder::new(odd, again.table, again.layers, again.norm, None, None).unwrap_err();
    assert!(why.0.contains("5 heads"), "{why:?}");
}

#[test]
fn angles_are_slowed_pair_by_pair() {
    let read = |base: f32, slower: Option<&[f32]>| {
        let Decoder { shape, table, layers, norm, head, .. } =
            network(Source::F32, Pairs::Halves, false, &mut Random(3));
        let decoder =
            Decoder::new(Shape { rope_base: base, ..shape }, table, layers, norm, head, slower).unwrap();
        let mut one = decoder.begin();
        let tokens: Vec<u32> = (0..TOKENS as u32).collect();
        let mut turns = [Turn { conversation: &mut one, tokens: &tokens, scored: 1 }];
        decoder.read(&mut computer(1), &mut turns)
    };
    // Another base is the same as other angles.
    let other: Vec<f32> = (0..8).map(|pair| (100.0f32 / 7.0).powf(-(pair as f32) / 8.0)).collect();
    near(&read(100.0, Some(&other)), &wide(&read(7.0, None)));
    let plain = read(100.0, None);
    let off = |scores: &[f32]| scores.iter().zip(&plain).any(|(a, b)| (a - b).abs() > 1e-2);
    assert!(off(&read(7.0, None)));

    let Decoder { shape, table, layers, norm, .. } =
        network(Source::F32, Pairs::Halves, false, &mut Random(3));
    let why = Decoder::new(shape, table, layers, norm, None, Some(&[1.0; 7])).unwrap_err();
    assert!(why.0.contains("8 numbers"), "{why:?}");
}
