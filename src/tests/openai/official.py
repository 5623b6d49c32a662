"""OpenAI's own client against /v1. Ends with an error where something is not as it is there."""

import json
import os

import openai

MODEL = os.environ["MODEL"]
CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
client = openai.OpenAI(max_retries=0)


def refused(kind, code, ask):
    try:
        ask()
    except kind as error:
        assert error.code == code, (error.code, code)
        assert len(error.message) > 10, error.message
    else:
        raise AssertionError(f"no {kind.__name__}")


names = [model.id for model in client.models.list()]
assert MODEL in names and "workflow/Capital" in names, names

whole = client.chat.completions.create(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=10)
text = whole.choices[0].message.content
assert "Paris" in text, text
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

stream = client.chat.completions.create(
    model=MODEL, messages=CAPITAL, temperature=0, max_tokens=10, stream=True, stream_options={"include_usage": True}
)
pieces, usage = [], None
for chunk in stream:
    usage = chunk.usage or usage
    pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
assert "".join(pieces) == text and len(pieces) > 3, pieces
assert usage == whole.usage, usage

schema = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "capital": {"type": "boolean"}},
    "required": ["city", "capital"],
    "additionalProperties": False,
}
document = client.chat.completions.create(
    model=MODEL,
    messages=CAPITAL,
    seed=3,
    max_completion_tokens=40,
    response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema, "strict": True}},
)
assert set(json.loads(document.choices[0].message.content)) == {"city", "capital"}

answer = client.chat.completions.create(model="workflow/Capital", messages=[{"role": "user", "content": "France"}])
assert answer.choices[0].message.content == text, answer
with client.chat.completions.stream(model="workflow/Capital", messages=[{"role": "user", "content": "France"}]) as events:
    final = events.get_final_completion()
assert final.choices[0].message.content == text, final

vectors = client.embeddings.create(model="all-minilm-l6-v2", input=["a river", "a stream", "a tax form"])
assert [len(item.embedding) for item in vectors.data] == [384] * 3
near, far = (sum(a * b for a, b in zip(vectors.data[0].embedding, vectors.data[i].embedding)) for i in (1, 2))
assert near > far, (near, far)

refused(
    openai.NotFoundError,
    "model_not_found",
    lambda: client.chat.completions.create(model="gpt-9", messages=CAPITAL),
)
refused(
    openai.BadRequestError,
    "invalid_input",
    lambda: client.chat.completions.create(model=MODEL, messages=CAPITAL, n=2),
)
refused(
    openai.AuthenticationError,
    "unauthorized",
    lambda: openai.OpenAI(api_key="mlr_wrong", max_retries=0).models.list(),
)
print("all as OpenAI's, with its client", openai.__version__)
