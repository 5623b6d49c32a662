"""What Millrace does with llama.cpp's server: a line for each thing, and the exit code 1 if one is not as it should be.

check.py MILLRACE CHAT VECTORS KEY PROCESS: base URLs, the key of the servers, the process of the one that chats."""
import json, os, signal, sys, time, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor

millrace, chat, vectors, key, process = sys.argv[1:]
token, failed = None, 0
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 20},
        # llama-cpp-python keeps no bounds of numbers; Millrace would find out, and fail the step.
        "stars": {"enum": [1, 2, 3, 4, 5]},
        "tags": {"type": "array", "items": {"enum": ["old", "new", "big"]}, "minItems": 1, "maxItems": 3},
    },
    "required": ["city", "stars", "tags"],
}


def ask(method, path, body=None, bearer=None):
    """Status and what came."""
    headers = {"content-type": "application/json"}
    if bearer or token:
        headers["authorization"] = f"Bearer {bearer or token}"
    data = None if body is None else json.dumps(body).encode()
    url = path if path.startswith("http") else millrace + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=300) as reply:
            text, status = reply.read().decode(), reply.status
    except urllib.error.HTTPError as refused:
        text, status = refused.read().decode(), refused.code
    return status, json.loads(text) if text[:1] in "{[" and text else text


def wanted(method, path, body=None, status=(200, 201)):
    got, reply = ask(method, path, body)
    if got not in status:
        raise AssertionError(f"{method} {path}: {got} {reply}")
    return reply


def check(name):
    """Runs a check at once and tells what it found."""
    def run(function):
        global failed
        begun = time.time()
        try:
            print(f"ok    {name}: {function()} ({time.time() - begun:.1f} s)", flush=True)
        except Exception as error:  # noqa: BLE001: whatever it is, the others are still checked
            failed += 1
            print(f"WRONG {name}: {error!r}", flush=True)
    return run


def run_step(kind="llm_call", **config):
    """A run of one step that asks a model: the step as it was recorded."""
    made = wanted("POST", "/api/workflows", {"name": "Remote"})
    path = f"/api/workflows/{made['id']}"
    config = {"model": "llama", "max_tokens": 40, **({"temperature": 0} if kind == "llm_call" else {}), **config}
    node = {"name": "Ask", "node_type": kind, "config": config, "position_x": 0, "position_y": 0}
    wanted("POST", f"{path}/nodes", node)
    done = wanted("POST", f"{path}/runs?wait=200", {"input_data": None})
    return done["node_executions"][-1]


def completed(**config):
    step = run_step(**config)
    assert step["status"] == "completed", step
    return step


def fails(code, **config):
    step = run_step(**config)
    assert step["error_code"] == code, step
    return step["error_message"]


def wait_for(url, bearer=None):
    for _ in range(300):
        try:
            if ask("GET", url, bearer=bearer)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


wait_for("/health/ready")
wait_for(f"{chat}/models", key)
wait_for(f"{vectors}/models", key)
account = {"username": "remote", "email": "remote@example.org", "password": "a mill by the water"}
token = wanted("POST", "/api/auth/register", account)["access_token"]
for name, value in (("Key", key), ("Wrong key", "no such key")):
    body = {"name": name, "kind": "bearer", "value": value, "allowed_hosts": ["127.0.0.1"]}
    made = wanted("POST", "/api/credentials", body)
    model = {"name": "llama" if name == "Key" else "locked", "base_url": chat, "model": "smollm2", "credential_id": made["id"]}
    wanted("POST", "/api/models", model)
    if name == "Key":
        credential = made["id"]
program = wanted("POST", "/api/keys", {"name": "Check", "scopes": ["run"]})["key"]


@check("a word")
def _():
    return repr(wanted("POST", "/api/models/llama/test", {})["text"])


@check("a step")
def _():
    step = completed(prompt_template="What is the capital of France?")
    assert len(step["output_data"]) > 10, step
    usage = step["usage"]
    return f"{usage['completion_tokens']} tokens, {usage.get('tokens_per_second') or 0:.0f} tokens/s, first after {usage['time_to_first_token_ms']} ms"


@check("a stream through /v1")
def _():
    body = {"model": "llama", "stream": True, "max_tokens": 60, "temperature": 0, "messages": [{"role": "user", "content": "Tell me a story."}]}
    headers = {"content-type": "application/json", "authorization": f"Bearer {program}"}
    request = urllib.request.Request(f"{millrace}/v1/chat/completions", json.dumps(body).encode(), headers)
    begun, times, text = time.time(), [], ""
    with urllib.request.urlopen(request, timeout=300) as reply:
        for line in reply:
            if line.startswith(b"data: {"):
                piece = (json.loads(line[6:])["choices"] or [{}])[0].get("delta", {}).get("content")
                if piece:
                    times.append(time.time())
                    text += piece
    assert len(times) > 10 and times[-1] - times[0] > 0.05, f"in {len(times)} pieces"
    return f"{len(times)} pieces, first after {1000 * (times[0] - begun):.0f} ms, {(len(times) - 1) / (times[-1] - times[0]):.0f} pieces/s"


@check("documents of a schema, 10 drawn")
def _():
    for seed in range(10):
        step = completed(prompt_template="Describe a town.", output_schema=SCHEMA, temperature=0.9, seed=seed, max_tokens=120)
        value = step["output_data"]
        assert set(value) == {"city", "stars", "tags"} and value["stars"] in range(1, 6) and value["tags"], value
    return value


@check("a choice")
def _():
    said = completed(prompt_template="Is Paris in France?", choices=["yes", "no"])["output_data"]
    assert said in ("yes", "no"), said
    return said


@check("a call of a tool")
def _():
    # Its only step: the answer, which is a call where there is a schema.
    tools = [{"type": "http_request", "name": "get", "url": chat, "methods": ["GET"]}]
    task = {"prompt_template": "Describe a town.", "tools": tools, "output_schema": SCHEMA, "max_steps": 1, "max_tokens": 160}
    value = completed(kind="agent", **task)["output_data"]
    assert set(value) == {"city", "stars", "tags"}, value
    return value


LONG = "word " * 3000


@check("a prompt that is too long")
def _():
    message = fails("prompt_too_long", prompt_template=LONG)
    assert "2048" in message, message
    return message


@check("the same, cut")
def _():
    cut = [completed(prompt_template=LONG, truncate=side)["usage"]["truncated_tokens"] for side in ("start", "middle")]
    assert all(900 < tokens < 2500 for tokens in cut), cut
    return f"{cut} tokens left out"


@check("a wrong key")
def _():
    return fails("remote_key_refused", prompt_template="x", model="locked")


@check("vectors")
def _():
    body = {"name": "llama-vectors", "kind": "embedding", "base_url": vectors, "model": "smollm2", "credential_id": credential}
    numbers = wanted("POST", "/api/models", body)["dimension"]
    wanted("POST", "/api/vectors/collections", {"name": "Far", "embedding_model": "llama-vectors"})
    texts = [f"Document {n} is about {topic}." for n, topic in enumerate(("cats", "rivers", "compilers", "llamas") * 10)]
    texts.append("The Seine flows through Paris.")
    begun = time.time()
    wanted("POST", "/api/vectors/collections/Far/documents", {"texts": texts})
    took = time.time() - begun
    found = wanted("POST", "/api/vectors/collections/Far/search", {"query": "The Seine flows through Paris.", "top_k": 1})
    assert found["results"][0]["content"] == texts[-1] and found["results"][0]["score"] > 0.999, found
    status, same = ask("POST", "/v1/embeddings", {"model": "llama-vectors", "input": "x"}, bearer=program)
    assert status == 200 and len(same["data"][0]["embedding"]) == numbers, same
    return f"{numbers} numbers each, {len(texts) / took:.0f} texts/s"


@check("silence in the middle of an answer")
def _():
    with ThreadPoolExecutor(1) as pool:
        stalled = pool.submit(fails, "remote_stalled", prompt_template="Tell me a very long story.", max_tokens=1500)
        time.sleep(1)
        os.kill(int(process), signal.SIGSTOP)
        try:
            message = stalled.result()
        finally:
            os.kill(int(process), signal.SIGCONT)
    completed(prompt_template="Are you still there?", max_tokens=8)
    return message


sys.exit(1 if failed else 0)
