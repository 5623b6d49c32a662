"""Makes the tiny random Qwen3 of the tests, as safetensors and as GGUF, and records its logits.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install torch==2.15.0 transformers==5.23.0 gguf==0.19.0
    /tmp/reference/bin/python scripts/reference/tiny_qwen3.py src/tests/fixtures/llm/tiny_qwen3

The weights are random but large enough that a wrong rotation, norm or mask changes the logits well beyond the 1e-3
that the test allows. The logits are those of transformers' Qwen3ForCausalLM in float32, at every position.
"""

import json
import pathlib
import sys

import gguf
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import Qwen3Config, Qwen3ForCausalLM

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(7)

# A byte-level vocabulary: the 256 bytes, a few merges, and the control tokens of the family.
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
merges = [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("r", "e"), ("o", "n"), ("a", "t"), ("l", "l")]
tokens = letters + ["".join(pair) for pair in merges]
control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
plain = ["<think>", "</think>"]
vocabulary = {token: id for id, token in enumerate(tokens)}
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
from tokenizers import Regex

tokenizer = Tokenizer(models.BPE(vocabulary, merges))
tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [
        pre_tokenizers.Split(Regex(WORDS), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in plain])
tokenizer.save(str(folder / "tokenizer.json"))

# The head is wider than the vocabulary, as in the real model.
config = Qwen3Config(
    vocab_size=288,
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    max_position_embeddings=512,
    rope_theta=10000.0,
    tie_word_embeddings=True,
    eos_token_id=tokenizer.token_to_id("<|im_end|>"),
    bos_token_id=tokenizer.token_to_id("<|endoftext|>"),
)
config._attn_implementation = "eager"
model = Qwen3ForCausalLM(config).eval().float()
with torch.no_grad():
    for name, weight in model.named_parameters():
        if "norm" in name:
            weight.copy_(1 + 0.3 * torch.randn_like(weight))
        else:
            weight.copy_(torch.randn_like(weight) * (1.5 / weight.shape[-1] ** 0.5))
model.save_pretrained(folder, safe_serialization=True)
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}"
    "{% endif %}{% endif %}"
)
(folder / "tokenizer_config.json").write_text(
    json.dumps({"chat_template": TEMPLATE, "eos_token": "<|im_end|>", "bos_token": None}, indent=1) + "\n"
)

# The same numbers as GGUF.
writer = gguf.GGUFWriter(folder / "model.gguf.tmp", "qwen3")
writer.add_block_count(config.num_hidden_layers)
writer.add_context_length(config.max_position_embeddings)
writer.add_embedding_length(config.hidden_size)
writer.add_feed_forward_length(config.intermediate_size)
writer.add_head_count(config.num_attention_heads)
writer.add_head_count_kv(config.num_key_value_heads)
writer.add_key_length(config.head_dim)
writer.add_value_length(config.head_dim)
writer.add_rope_freq_base(10000.0)
writer.add_layer_norm_rms_eps(config.rms_norm_eps)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("qwen2")
writer.add_token_list(tokens + control + plain)
kind = gguf.TokenType
writer.add_token_types(
    [kind.NORMAL] * len(tokens) + [kind.CONTROL] * len(control) + [kind.USER_DEFINED] * len(plain)
)
writer.add_token_merges([" ".join(pair) for pair in merges])
writer.add_eos_token_id(config.eos_token_id)
writer.add_chat_template(TEMPLATE)
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
for name, weight in model.state_dict().items():
    data = weight.numpy()
    if name == "lm_head.weight":
        continue
    if name == "model.embed_tokens.weight":
        writer.add_tensor("token_embd.weight", data)
    elif name == "model.norm.weight":
        writer.add_tensor("output_norm.weight", data)
    else:
        _, _, layer, rest = name.split(".", 3)
        writer.add_tensor(f"blk.{layer}.{NAMES[rest.removesuffix('.weight')]}.weight", data)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
gguf_folder = folder.with_name(folder.name + "_gguf")
gguf_folder.mkdir(exist_ok=True)
(folder / "model.gguf.tmp").rename(gguf_folder / "model.gguf")

# One text longer than a chunk of the prompt (128), with every kind of token.
text = "<|im_start|>user\nIt's the 21st héllo 🦀 " + "tell the train on the hill at nine; " * 6 + "<think>ok</think><|im_end|>\n"
ids = tokenizer.encode(text, add_special_tokens=False).ids
with torch.no_grad():
    logits = model(torch.tensor([ids])).logits[0]
wanted = [0, 1, 40, 127, 128, len(ids) - 2, len(ids) - 1]
(folder / "reference.json").write_text(
    json.dumps(
        {
            "text": text,
            "tokens": ids,
            "logits": {str(at): [round(value, 6) for value in logits[at].tolist()] for at in wanted},
        }
    )
    + "\n"
)
print(len(ids), "tokens; logits from", logits.min().item(), "to", logits.max().item())
