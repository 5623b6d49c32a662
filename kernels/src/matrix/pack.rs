//! From the formats of GGUF files (GGML's blocks) and of safetensors to ours.

use std::io::{self, Read};

use half::f16;

use super::{BLOCK, Format, LANES, Matrix, SUPER, kind::*};

/// A format of a file. Layouts as in ggml's `ggml-common.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4K,
    Q6K,
}

impl Source {
    /// What it becomes.
    pub fn format(self) -> Format {
        match self {
            Self::F32 => Format::F32,
            Self::F16 => Format::F16,
            Self::BF16 => Format::BF16,
            Self::Q4_0 | Self::Q4_1 => Format::Four,
            Self::Q5_0 | Self::Q5_1 => Format::Five,
            Self::Q8_0 => Format::Eight,
            Self::Q4K => Format::FourK,
            Self::Q6K => Format::SixK,
        }
    }

    /// Columns and bytes of a block.
    fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::BF16 => (1, 2),
            Self::Q4_0 => (BLOCK, 18),
            Self::Q4_1 => (BLOCK, 20),
            Self::Q5_0 => (BLOCK, 22),
            Self::Q5_1 => (BLOCK, 24),
            Self::Q8_0 => (BLOCK, 34),
            Self::Q4K => (SUPER, 144),
            Self::Q6K => (SUPER, 210),
        }
    }

    /// Bytes of a row of so many columns; `None` if they are no whole blocks.
    pub fn row_bytes(self, columns: usize) -> Option<usize> {
        let (size, bytes) = self.block();
        columns.is_multiple_of(size).then(|| columns / size * bytes)
    }
}

impl Matrix {
    /// Of rows that stand one after the other. `None` if `bytes` are not of that shape.
    pub fn new(source: Source, rows: usize, columns: usize, mut bytes: &[u8]) -> Option<Self> {
        if bytes.len() != source.row_bytes(columns)?.checked_mul(rows)? {
            return None;
        }
        Self::read(source, rows, columns, &mut bytes).ok()?
    }

    /// Of rows that come one after the other, of which only sixteen are in memory as they were. `None` if there is no
    /// matrix of that shape.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(
        source: Source,
        rows: usize,
        columns: usize,
        from: &mut dyn Read,
    ) -> io::Result<Option<Self>> {
        let Some(row_bytes) = source.row_bytes(columns) else { return Ok(None) };
        if rows == 0 || columns == 0 || row_bytes.checked_mul(rows).is_none() {
            return Ok(None);
        }
        let mut matrix = Self::empty(source.format(), rows, columns);
        let mut bytes = vec![0; row_bytes * LANES.min(rows)];
        for group in 0..matrix.groups() {
            let bytes = &mut bytes[..row_bytes * LANES.min(rows - group * LANES)];
            from.read_exact(bytes)?;
            matrix.put(group, source, bytes);
        }
        Ok(Some(matrix))
    }

    /// Writes the rows of a group.
    fn put(&mut self, group: usize, source: Source, bytes: &[u8]) {
        let (size, block_bytes) = source.block();
        let row_bytes = self.columns / size * block_bytes;
        let (numbers, scales) = self.group_mut(group);
        for (lane, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
            for (at, block) in bytes.chunks_exact(block_bytes).enumerate() {
                let mut place = Place { numbers, scales, lane };
                match source {
                    Source::F32 => place.dense::<4>(at, block),
                    Source::F16 | Source::BF16 => place.dense::<2>(at, block),
                    Source::Q8_0 => place.eight(at, block),
                    Source::Q4K => place.four_k(at, block),
                    Source::Q6K => place.six_k(at, block),
                    _ => place.few(source, at, block),
                }
            }
        }
    }
}

/// Where a row of a group is written.
struct Place<'a> {
    numbers: &'a mut [u8],
    scales: &'a mut [u8],
    lane: usize,
}

/// The four of a column within its block, and its byte in a register.
fn spot(column: usize, lane: usize) -> (usize, usize) {
    (column / 4, lane * 4 + column % 4)
}

impl Place<'_> {
    fn dense<const BYTES: usize>(&mut self, column: usize, number: &[u8]) {
        let at = (column * LANES + self.lane) * BYTES;
        self.numbers[at..at + BYTES].copy_from_slice(number);
    }

    fn half(&mut self, at: usize, number: f16) {
        let at = at + 2 * self.lane;
        self.scales[at..at + 2].copy_from_slice(&number.to_le_bytes());
    }

    /// Four bits of each of the columns of a block.
    fn fours(&mut self, at: usize, block_bytes: usize, numbers: impl Fn(usize) -> u8) {
        let block = &mut self.numbers[at * block_bytes..(at + 1) * block_bytes];
        for column in 0..BLOCK {
            let (four, byte) = spot(column, self.lane);
            block[four % 4 * 64 + byte] |= (numbers(column) & 15) << (four / 4 * 4);
        }
    }

    fn bytes(&mut self, at: usize, numbers: impl Fn(usize) -> u8) {
        let block = &mut self.numbers[at * Eight::BYTES..(at + 1) * Eight::BYTES];
        for column in 0..BLOCK {
            let (four, byte) = spot(column, self.lane);
            block[four * 64 + byte] = numbers(column);
        }
    }

    fn few(&mut self, source: Source, at: usize, block: &[u8]) {
        let scale = half_at(block, 0);
        let (minimum, rest) = match source {
            Source::Q4_0 => (f16::from_f32(-8.0 * scale.to_f32()), &block[2..]),
            Source::Q5_0 => (f16::from_f32(-16.0 * scale.to_f32()), &block[2..]),
            _ => (half_at(block, 2), &block[4..]),
        };
        let nibble = |four: &[u8], column: usize| four[column % 16] >> (column / 16 * 4) & 15;
        if matches!(source, Source::Q4_0 | Source::Q4_1) {
            self.fours(at, Four::BYTES, |column| nibble(rest, column));
        } else {
            let (fifth, four) = rest.split_at(4);
            self.bytes(at, |column| nibble(four, column) | (fifth[column / 8] >> (column % 8) & 1) << 4);
        }
        self.half(at * 4 * LANES, scale);
        self.half(at * 4 * LANES + 2 * LANES, minimum);
    }

    fn eight(&mut self, at: usize, block: &[u8]) {
        self.half(at * 2 * LANES, half_at(block, 0));
        self.bytes(at, |column| block[2 + column] ^ 0x80);
    }

    fn four_k(&mut self, at: usize, block: &[u8]) {
        let packed = &block[4..16];
        let start = at * FourK::SCALES;
        for own in 0..8 {
            // Six bits each: of the first four in one byte, of the others spread over two.
            let (scale, minimum) = if own < 4 {
                (packed[own] & 63, packed[own + 4] & 63)
            } else {
                let low = packed[own + 4];
                (low & 15 | packed[own - 4] >> 6 << 4, low >> 4 | packed[own] >> 6 << 4)
            };
            self.scales[start + own * 2 * LANES + self.lane] = scale;
            self.scales[start + (own * 2 + 1) * LANES + self.lane] = minimum;
            let four = &block[16 + own / 2 * 32..][..32];
            self.fours(at * 8 + own, FourK::BYTES, |column| four[column] >> (own % 2 * 4));
        }
        self.half(start + 16 * LANES, half_at(block, 0));
        self.half(start + 18 * LANES, -half_at(block, 2));
    }

    fn six_k(&mut self, at: usize, block: &[u8]) {
        let (low, high, own) = (&block[..128], &block[128..192], &block[192..208]);
        let number = |column: usize| {
            let (half, column) = (column / 128, column % 128);
            let four = low[half * 64 + column % 64] >> (column / 64 * 4) & 15;
            let two = high[half * 32 + column % 32] >> (column / 32 * 2) & 3;
            four | two << 4
        };
        let start = at * SixK::SCALES;
        for (place, scale) in own.iter().enumerate() {
            self.scales[start + place * LANES + self.lane] = *scale;
        }
        self.half(start + 16 * LANES, half_at(block, 208));
        for part in 0..8 {
            let first = part * BLOCK;
            self.fours(at * 8 + part, SixK::BYTES, |column| number(first + column));
            let from = (at * 8 + part) * SixK::BYTES + 256;
            let twos = &mut self.numbers[from..from + 128];
            for column in 0..BLOCK {
                let (four, byte) = spot(column, self.lane);
                twos[four / 4 * 64 + byte] |= (number(first + column) >> 4) << (four % 4 * 2);
            }
        }
    }
}

fn half_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// One row of a group, as plain numbers.
pub fn read_row(format: Format, numbers: &[u8], scales: &[u8], lane: usize, out: &mut [f32]) {
    let scale = |at: usize| half_at(scales, at + 2 * lane).to_f32();
    for (column, out) in out.iter_mut().enumerate() {
        let (block, within) = (column / BLOCK, column % BLOCK);
        let (four, byte) = spot(within, lane);
        let nibble = |size: usize| numbers[block * size + four % 4 * 64 + byte] >> (four / 4 * 4) & 15;
        let whole = || f32::from(numbers[block * Eight::BYTES + four * 64 + byte]);
        let dense = (column * LANES + lane) * if format == Format::F32 { 4 } else { 2 };
        let upper = block / 8;
        *out = match format {
            Format::F32 => f32::from_le_bytes([0, 1, 2, 3].map(|at| numbers[dense + at])),
            Format::F16 => half_at(numbers, dense).to_f32(),
            Format::BF16 => half::bf16::from_le_bytes([numbers[dense], numbers[dense + 1]]).to_f32(),
            Format::Four => {
                let at = block * 4 * LANES;
                f32::from(nibble(Four::BYTES)).mul_add(scale(at), scale(at + 2 * LANES))
            }
            Format::Five => {
                let at = block * 4 * LANES;
                whole().mul_add(scale(at), scale(at + 2 * LANES))
            }
            Format::Eight => (whole() - 128.0) * scale(block * 2 * LANES),
            Format::FourK => {
                let at = upper * FourK::SCALES;
                let own = at + block % 8 * 2 * LANES + lane;
                let [scale_of, minimum] = [own, own + LANES].map(|at| f32::from(scales[at]));
                let inner = scale_of * scale(at + 16 * LANES);
                f32::from(nibble(FourK::BYTES)).mul_add(inner, minimum * scale(at + 18 * LANES))
            }
            Format::SixK => {
                let at = upper * SixK::SCALES;
                let own = scales[at + (block % 8 * 2 + within / 16) * LANES + lane] as i8;
                let two = numbers[block * SixK::BYTES + 256 + four / 4 * 64 + byte] >> (four % 4 * 2) & 3;
                let number = i32::from(nibble(SixK::BYTES) | two << 4) - 32;
                number as f32 * f32::from(own) * scale(at + 16 * LANES)
            }
        };
    }
}
