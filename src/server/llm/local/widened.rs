//! Gives the matrices of a GGUF file to candle as f32, each made when it is asked for.
//!
//! candle rounds what goes into a quantised matrix to 8 bits, in blocks of 32 that share one scale. Where a network
//! has a few very large activations, their neighbours are lost; with f32 matrices nothing is rounded.

use std::io::{self, Read, Seek, SeekFrom};

use candle_core::quantized::gguf_file::{Content, TensorInfo};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result};

/// The file with the widened matrices behind its end.
pub struct Widened<R> {
    file: R,
    file_size: u64,
    tensor_data_offset: u64,
    matrices: Vec<Matrix>,
    /// The one made last, by its place in `matrices`.
    made: Option<(usize, Vec<u8>)>,
    position: u64,
    size: u64,
}

struct Matrix {
    start: u64,
    end: u64,
    quantised: TensorInfo,
}

impl<R: Read + Seek> Widened<R> {
    /// With `widen`, moves every quantised tensor behind the end of the file, as f32; `content` then describes what
    /// this reader reads. Without, reads the file as it is.
    pub fn new(file: R, file_size: u64, content: &mut Content, widen: bool) -> Self {
        let mut end = file_size;
        let mut matrices = Vec::new();
        let data = content.tensor_data_offset;
        for info in content.tensor_infos.values_mut() {
            let plain = matches!(info.ggml_dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
            if plain || !widen {
                continue;
            }
            let start = end;
            end += info.shape.elem_count() as u64 * 4;
            let widened =
                TensorInfo { ggml_dtype: GgmlDType::F32, shape: info.shape.clone(), offset: start - data };
            matrices.push(Matrix { start, end, quantised: std::mem::replace(info, widened) });
        }
        Self { file, file_size, tensor_data_offset: data, matrices, made: None, position: 0, size: end }
    }

    fn make(&mut self, index: usize) -> Result<Vec<u8>> {
        let matrix = &self.matrices[index];
        let device = Device::Cpu;
        let wide =
            matrix.quantised.read(&mut self.file, self.tensor_data_offset, &device)?.dequantize(&device)?;
        Ok(QTensor::quantize(&wide, GgmlDType::F32)?.data()?.into_owned())
    }
}

impl<R: Read + Seek> Read for Widened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.position;
        let read = if position < self.file_size {
            self.file.seek(SeekFrom::Start(position))?;
            self.file.read(buffer)?
        } else {
            let found = self.matrices.iter().position(|m| (m.start..m.end).contains(&position));
            let Some(index) = found else { return Ok(0) };
            if self.made.as_ref().is_none_or(|(made, _)| *made != index) {
                let bytes = self.make(index).map_err(io::Error::other)?;
                self.made = Some((index, bytes));
            }
            let bytes = self.made.as_ref().map_or(&[][..], |(_, bytes)| bytes);
            let from = (position - self.matrices[index].start) as usize;
            (&bytes[from.min(bytes.len())..]).read(buffer)?
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Widened<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let from = |base: u64, by: i64| {
            base.checked_add_signed(by).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
        };
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::End(by) => from(self.size, by)?,
            SeekFrom::Current(by) => from(self.position, by)?,
        };
        Ok(self.position)
    }
}
