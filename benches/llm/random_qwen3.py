"""Writes a GGUF file of Qwen3-0.6B's shape with weights that mean nothing, for `make bench-llm`: the speed of a network
does not depend on what it says.

Usage: random_qwen3.py FILE q8_0|q4_k_m [LAYERS]. Needs numpy and gguf. Nothing of it is committed.
"""

import sys

import gguf
import numpy
from gguf import GGMLQuantizationType as Type

file, kind = sys.argv[1], sys.argv[2]
layers = int(sys.argv[3]) if len(sys.argv) > 3 else 28
width, inner, heads, kv_heads, head, vocabulary = 1024, 3072, 16, 8, 128, 151_936
random = numpy.random.default_rng(7)
out = gguf.GGUFWriter(file, "qwen3")
out.add_name("random")
out.add_block_count(layers)
out.add_context_length(40_960)
out.add_embedding_length(width)
out.add_feed_forward_length(inner)
out.add_head_count(heads)
out.add_head_count_kv(kv_heads)
out.add_key_length(head)
out.add_value_length(head)
out.add_layer_norm_rms_eps(1e-6)
out.add_rope_freq_base(1_000_000.0)
# The bytes, then tokens that nobody writes.
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
others = [byte for byte in range(256) if byte not in printable]
letters = [chr(byte) for byte in printable] + [chr(256 + at) for at in range(len(others))]
control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
fill = [f"token{at}" for at in range(vocabulary - len(letters) - len(control) - 1)]
out.add_tokenizer_model("gpt2")
out.add_tokenizer_pre("qwen2")
# What the one merge makes.
out.add_token_list(letters + ["ab"] + fill + control)
out.add_token_types([1] * (vocabulary - len(control)) + [3] * len(control))
out.add_token_merges(["a b"])
out.add_eos_token_id(vocabulary - 1)
out.add_bos_token_id(vocabulary - 3)

# Bytes and numbers of a block, and where its scales of half precision stand.
BLOCKS = {Type.Q8_0: (34, 32, [0]), Type.Q4_K: (144, 256, [0, 2]), Type.Q6_K: (210, 256, [208])}


def matrix(name, rows, columns, type):
    size, numbers, scales = BLOCKS[type]
    blocks = random.integers(0, 256, (rows * columns // numbers, size), numpy.uint8)
    for at in scales:
        steps = numpy.float16(0.02 / {Type.Q8_0: 73, Type.Q4_K: 300, Type.Q6_K: 1200}[type])
        blocks[:, at : at + 2] = numpy.frombuffer(steps.tobytes(), numpy.uint8)
    out.add_tensor(name, blocks.reshape(rows, columns // numbers * size), raw_dtype=type)


def norm(name, length):
    out.add_tensor(name, numpy.ones(length, numpy.float32))


# As llama.cpp mixes them: the more sensitive matrices have more bits in half of the layers.
most, more = (Type.Q8_0, Type.Q8_0) if kind == "q8_0" else (Type.Q4_K, Type.Q6_K)
matrix("token_embd.weight", vocabulary, width, more)
norm("output_norm.weight", width)
for at in range(layers):
    wide = more if at < layers // 8 or at >= 7 * layers // 8 or (at - layers // 8) % 3 == 2 else most
    norm(f"blk.{at}.attn_norm.weight", width)
    norm(f"blk.{at}.ffn_norm.weight", width)
    norm(f"blk.{at}.attn_q_norm.weight", head)
    norm(f"blk.{at}.attn_k_norm.weight", head)
    matrix(f"blk.{at}.attn_q.weight", heads * head, width, most)
    matrix(f"blk.{at}.attn_k.weight", kv_heads * head, width, most)
    matrix(f"blk.{at}.attn_v.weight", kv_heads * head, width, wide)
    matrix(f"blk.{at}.attn_output.weight", width, heads * head, most)
    matrix(f"blk.{at}.ffn_gate.weight", inner, width, most)
    matrix(f"blk.{at}.ffn_up.weight", inner, width, most)
    matrix(f"blk.{at}.ffn_down.weight", width, inner, wide)
out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()
