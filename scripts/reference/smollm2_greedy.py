"""Records greedy answers of SmolLM2-135M-Instruct (Q4_1 GGUF) made without Millrace or candle, for the golden test.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install torch==2.15.0 transformers==5.23.0 gguf==0.19.0 accelerate
    CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON" \
        /tmp/reference/bin/pip install llama-cpp-python==0.3.36
    /tmp/reference/bin/python scripts/reference/smollm2_greedy.py FOLDER FILE.gguf \
        > src/tests/fixtures/llm/smollm2_greedy.json

Tokens by llama.cpp, of the prompt written out in ChatML as the model's template renders it; the network by
transformers in float32 on the dequantised weights of the same file. So template, tokenizer, weights, network and
sampling of Millrace are all held against others' code. `margin` is the smallest distance between the best and the
second-best logit on the way. Where it is below 0.01, rounding alone decides, and two right implementations may part:
`close` has those steps with the second-best token. `llama_cpp` is what llama.cpp says after each token of the
reference; it rounds activations to 8 bits. What is printed on standard error counts.
"""

import json
import sys

import llama_cpp
import torch
from transformers import AutoModelForCausalLM

folder, file = sys.argv[1:]
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
STORY = (
    "The miller's daughter kept the accounts in a green book. Each sack that came in got a line: the farmer's name, the "
    "weight, the kind of grain, and a small drawing of an ear of wheat, rye or barley. When the river was low and the "
    "wheel stood still, she went through the lines again and looked for mistakes. In March she found one. A farmer named "
    "Holt had brought nine sacks of rye, but only seven were written down, and the two that were missing had been paid "
    "for by somebody else. She walked the five miles to Holt's farm, through mud that reached her ankles, to give him the "
    "money back. He was so surprised that he forgot to say thank you. A week later a cart stood before the mill with a "
    "whole cheese on it, a basket of pears, and a note with one word."
)
PROMPTS = [
    "What is the capital of France?",
    "Write one sentence about the sea.",
    "List three colours.",
    "What is 12 + 30?",
    'Translate "good morning" into French.',
    "Explain in one sentence what a database is.",
    "Name a famous physicist and say what they discovered.",
    "Why is the sky blue? It's 2024, I'd like to know.",
    "Hi",
    "Write a Python function that returns the sum of a list of numbers.",
    "What does this do?\n\n```rust\nfn main() {\n    for i in 0..3 {\n        println!(\"{i}\");\n    }\n}\n```",
    "SELECT name, total FROM orders WHERE total > 100;\nExplain this query.",
    "Continue: 1, 2, 4, 8, 16,",
    "Sort these words by the alphabet:\n- pear\n- apple\n- cherry\n- banana",
    "¿Cuál es la capital de España?",
    "Was bedeutet „Müller“ auf Englisch? 🙂",
    "日本の首都はどこですか？",
    'Return JSON with the keys "name" and "age" for: Ada is 36 years old.',
    f"{STORY}\n\nWhat did the miller's daughter find in March?",
    f"{STORY}\n\n{STORY}\n\nSummarise this in one sentence.",
]
LENGTH = 24
CLOSE = 0.01
ENDS = (0, 2)

other = llama_cpp.Llama(f"{folder}/{file}", n_ctx=1024, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
torch.set_num_threads(1)
answers = []
for prompt in PROMPTS:
    text = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    tokens = other.tokenize(text.encode(), add_bos=False, special=True)
    made = model.generate(
        torch.tensor([tokens]),
        do_sample=False,
        max_new_tokens=LENGTH,
        eos_token_id=list(ENDS),
        pad_token_id=ENDS[0],
        output_logits=True,
        return_dict_in_generate=True,
    )
    out = made.sequences[0, len(tokens) :].tolist()
    best = [logits[0].topk(2) for logits in made.logits]
    margins = [(best.values[0] - best.values[1]).item() for best in best]
    close = [
        {"at": at, "other": best[at].indices[1].item(), "margin": round(margin, 4)}
        for at, margin in enumerate(margins)
        if margin < CLOSE
    ]
    other.reset()
    other.eval(tokens + out[:-1])
    after = other.scores[len(tokens) - 1 : len(tokens) - 1 + len(out)]
    answers.append(
        {
            "prompt": prompt,
            "prompt_tokens": tokens,
            "tokens": out,
            "text": other.detokenize([token for token in out if token not in ENDS]).decode(errors="replace"),
            "finish_reason": "stop" if out[-1] in ENDS else "length",
            "margin": round(min(margins), 4),
            "close": close,
            "llama_cpp": after.argmax(axis=1).tolist(),
        }
    )
steps = sum(len(answer["tokens"]) for answer in answers)
same = sum(ours == theirs for answer in answers for ours, theirs in zip(answer["tokens"], answer["llama_cpp"]))
whole = sum(answer["tokens"] == answer["llama_cpp"] for answer in answers)
print(f"{steps} tokens, {sum(len(answer['close']) for answer in answers)} close; llama.cpp says the same for {same}, "
      f"and in {whole} of {len(answers)} answers for all", file=sys.stderr)
# A line for each answer.
print("[\n" + ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers) + "\n]")
