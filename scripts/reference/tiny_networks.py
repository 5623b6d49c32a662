"""Makes the tiny random networks of the tests, as safetensors and as GGUF, and records their logits.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install torch==2.15.0 transformers==5.23.0 gguf==0.19.0
    /tmp/reference/bin/python scripts/reference/tiny_networks.py src/tests/fixtures/llm [NAME ...]

The weights are random but large enough that a wrong rotation, norm, bias or mask changes the logits well beyond the 1e-3
that the tests allow. `logits.f32` has those of transformers in float32 at every position (a row of little-endian numbers
for each), but for one thing: keys and values are rounded to half precision where they are kept, as Millrace keeps them.
What is printed tells how much that alone moves them. transformers reads the folder as it was written.
"""

import json
import math
import pathlib
import sys
from dataclasses import dataclass

import gguf
import numpy
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, DynamicCache, LlamaConfig, Qwen2Config, Qwen3Config


@dataclass
class Network:
    family: str
    config: type
    # Of the matrices; what is no matrix is of 32 bits in GGUF files.
    kind: torch.dtype
    numbers: dict
    theta: float = 10000.0
    # As llama3 has it, and as older versions of transformers spell it in config.json.
    scaling: dict | None = None
    old_spelling: bool = False
    # llama.cpp wants a name for every row of the table; others do not.
    all_named: bool = True


SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "num_key_value_heads": 2}
NETWORKS = {
    "tiny_qwen3": Network(
        "qwen3",
        Qwen3Config,
        torch.float32,
        SMALL | {"num_hidden_layers": 2, "head_dim": 32, "tie_word_embeddings": True},
        all_named=False,
    ),
    # Three heads of queries for each of keys, and a head that is not the table.
    "tiny_qwen2": Network(
        "qwen2",
        Qwen2Config,
        torch.float16,
        SMALL
        | {"hidden_size": 96, "num_attention_heads": 6, "num_hidden_layers": 3, "tie_word_embeddings": False},
        theta=1000000.0,
    ),
    "tiny_llama": Network(
        "llama",
        LlamaConfig,
        torch.bfloat16,
        SMALL | {"num_hidden_layers": 3, "tie_word_embeddings": True},
        old_spelling=True,
    ),
    # Pairs that turn fast stay, slow ones turn eight times slower, some lie in between.
    "tiny_llama3": Network(
        "llama",
        LlamaConfig,
        torch.float16,
        SMALL | {"num_hidden_layers": 3, "tie_word_embeddings": True},
        theta=500000.0,
        scaling={
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
        old_spelling=True,
    ),
}

letters = sorted(pre_tokenizers.ByteLevel.alphabet())
merges = [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("r", "e"), ("o", "n"), ("a", "t"), ("l", "l")]
tokens = letters + ["".join(pair) for pair in merges]
control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
plain = ["<think>", "</think>"]
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}"
    "{% endif %}{% endif %}"
)
# Longer than a chunk of the prompt (128) and than two pages of the cache (64), with every kind of token.
TEXT = "<|im_start|>user\nIt's the 21st héllo 🦀 " + "tell the train on the hill at nine; " * 6 + "<think>ok</think><|im_end|>\n"


def tokenizer() -> Tokenizer:
    """A byte-level vocabulary: the 256 bytes, a few merges, and the control tokens of ChatML."""
    made = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, merges))
    made.normalizer = normalizers.NFC()
    words = pre_tokenizers.Split(Regex(WORDS), "isolated")
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([words, letters])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    made.add_tokens([AddedToken(token, special=False, normalized=False) for token in plain])
    return made


def write_folder(network: Network, folder: pathlib.Path, words: Tokenizer) -> None:
    """The folder in the way of transformers."""
    folder.mkdir(parents=True, exist_ok=True)
    words.save(str(folder / "tokenizer.json"))
    torch.manual_seed(7)
    # The head is wider than the vocabulary, as in real models.
    config = network.config(
        vocab_size=288,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": network.theta} | (network.scaling or {}),
        eos_token_id=words.token_to_id("<|im_end|>"),
        bos_token_id=words.token_to_id("<|endoftext|>"),
        **network.numbers,
    )
    model = AutoModelForCausalLM.from_config(config).eval().float()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.copy_(1 + 0.3 * torch.randn_like(weight))
            elif name.endswith("bias"):
                weight.copy_(0.5 * torch.randn_like(weight))
            else:
                weight.copy_(torch.randn_like(weight) * (1.5 / weight.shape[-1] ** 0.5))
    model.to(network.kind).save_pretrained(folder)
    if network.old_spelling:
        file = folder / "config.json"
        stated = json.loads(file.read_text())
        del stated["rope_parameters"]
        stated |= {"rope_theta": network.theta, "rope_scaling": network.scaling}
        file.write_text(json.dumps(stated, indent=2, sort_keys=True) + "\n")
    settings = {"chat_template": TEMPLATE, "eos_token": "<|im_end|>", "bos_token": None}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")


def divisors(network: Network, head: int) -> numpy.ndarray:
    """By pair: what the frequency of its angle is divided by, which GGUF files have in the place of the settings."""
    said, old = network.scaling, network.scaling["original_max_position_embeddings"]
    low, high = said["low_freq_factor"], said["high_freq_factor"]
    made = []
    for pair in range(head // 2):
        length = 2 * math.pi * network.theta ** (2 * pair / head)
        share = min(max((old / length - low) / (high - low), 0), 1)
        made.append(1 / (share + (1 - share) / said["factor"]))
    return numpy.array(made, "f4")


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
KINDS = {torch.float16: gguf.GGMLQuantizationType.F16, torch.bfloat16: gguf.GGMLQuantizationType.BF16}


def write_gguf(network: Network, folder: pathlib.Path, model) -> None:
    """The same numbers, named and laid out as llama.cpp has them."""
    folder.mkdir(exist_ok=True)
    config = model.config
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    head = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer = gguf.GGUFWriter(folder / "model.gguf", network.family)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    if network.family == "qwen3":
        writer.add_key_length(head)
        writer.add_value_length(head)
    if network.family == "llama":
        writer.add_vocab_size(config.vocab_size)
        writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(network.theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    known = tokens + control + plain
    unnamed = range(len(known), config.vocab_size if network.all_named else 0)
    writer.add_token_list(known + [f"[PAD{id}]" for id in unnamed])
    kind = gguf.TokenType
    kinds = {kind.NORMAL: tokens, kind.CONTROL: control, kind.USER_DEFINED: plain, kind.UNUSED: unnamed}
    writer.add_token_types([kind for kind, those in kinds.items() for _ in those])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(config.eos_token_id)
    writer.add_chat_template(TEMPLATE)
    for name, weight in model.state_dict().items():
        data = weight.numpy()
        if name == "lm_head.weight":
            if config.tie_word_embeddings:
                continue
            name = "output.weight"
        elif name == "model.embed_tokens.weight":
            name = "token_embd.weight"
        elif name == "model.norm.weight":
            name = "output_norm.weight"
        else:
            _, _, layer, rest = name.split(".", 3)
            part, _, end = rest.rpartition(".")
            name = f"blk.{layer}.{NAMES[part]}.{end}"
            # Files of the Llama family turn neighbours; transformers turns a number with one of the other half.
            turned = {"self_attn.q_proj": heads, "self_attn.k_proj": kv_heads}.get(part)
            if network.family == "llama" and turned:
                data = data.reshape(turned, 2, head // 2, -1).swapaxes(1, 2).reshape(data.shape)
        kind = KINDS.get(network.kind) if data.ndim == 2 else None
        if kind is not None:
            writer.add_tensor(name, gguf.quants.quantize(data, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, data)
    if network.scaling:
        writer.add_tensor("rope_freqs.weight", divisors(network, head))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class InHalves(DynamicCache):
    """Keeps keys, which have been turned, and values in half precision."""

    def update(self, keys, values, *rest, **more):
        return super().update(keys.half().float(), values.half().float(), *rest, **more)


def main() -> None:
    to, chosen = pathlib.Path(sys.argv[1]), sys.argv[2:] or list(NETWORKS)
    words = tokenizer()
    ids = words.encode(TEXT, add_special_tokens=False).ids
    for name in chosen:
        network, folder = NETWORKS[name], to / name
        write_folder(network, folder, words)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        write_gguf(network, to / f"{name}_gguf", model)
        with torch.no_grad():
            whole = model(torch.tensor([ids])).logits[0]
            halves = model(torch.tensor([ids]), past_key_values=InHalves()).logits[0]
        (folder / "reference.json").write_text(json.dumps({"text": TEXT, "tokens": ids}) + "\n")
        (folder / "logits.f32").write_bytes(halves.numpy().astype("<f4").tobytes())
        off = (whole - halves).abs().max().item()
        print(f"{name}: {len(ids)} tokens, {halves.min():.2f} to {halves.max():.2f}, moved by halves {off:.1e}")


if __name__ == "__main__":
    main()
