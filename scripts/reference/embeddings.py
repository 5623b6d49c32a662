#!/usr/bin/env python3
"""Records what sentence-transformers makes of 200 texts, for the tests of the embedder.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install sentence-transformers
    /tmp/reference/bin/python scripts/reference/embeddings.py data/models/all-minilm-l6-v2 src/tests/fixtures/search

Writes `minilm_texts.json` and `minilm_vectors.f16` (200 x 384 half-precision numbers, little-endian; the rounding moves a
cosine by less than one millionth).
"""

import json
import random
import sys
from pathlib import Path

SENTENCES = [
    # English
    "How do I reset my password?",
    "The invoice is due within thirty days of delivery.",
    "A cat sat on the warm windowsill and watched the rain.",
    "Our refund policy allows returns up to 60 days after purchase, provided that the item is unused.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
    "The committee postponed the vote because three of its members were abroad.",
    "Restart the router, wait for two minutes, then try to connect again.",
    "Interest rates rose by a quarter of a percent last Thursday.",
    "Don't panic: it's only a drill!",
    "She said: \"I'd rather walk than take that bus again.\"",
    "Mount Everest is 8,848.86 metres high.",
    "The quick brown fox jumps over the lazy dog.",
    # German
    "Wie kann ich mein Passwort zurücksetzen?",
    "Die Lieferung erfolgt innerhalb von fünf Werktagen.",
    "Der Ausschuss vertagte die Abstimmung über das Straßenverkehrsgesetz.",
    "Im Frühling blühen die Kirschbäume entlang des Flusses.",
    # French
    "Où se trouve la gare la plus proche ?",
    "Le contrat prend effet à la date de signature des deux parties.",
    "L'élève a oublié son cahier à l'école.",
    # Spanish
    "¿Cuánto cuesta el envío a Canarias?",
    "El niño jugó en la plaza hasta que anocheció.",
    "La garantía no cubre los daños causados por el agua.",
    # Italian, Portuguese, Dutch
    "Il treno per Firenze parte dal binario sette.",
    "Não foi possível concluir o pagamento com este cartão.",
    "De fiets staat achter het huis onder een afdak.",
    # Polish, Czech, Turkish, Vietnamese
    "Proszę o przesłanie faktury na adres e-mail.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Siparişim ne zaman kargoya verilecek?",
    "Tôi muốn đặt một phòng đôi cho ba đêm.",
    # Other scripts
    "Как восстановить доступ к учётной записи?",
    "Встреча перенесена на следующий понедельник.",
    "Πού μπορώ να αγοράσω εισιτήρια;",
    "كيف يمكنني تغيير عنوان التسليم؟",
    "מתי נפתחת החנות מחר?",
    "मुझे अपना पासवर्ड बदलना है।",
    "ฉันต้องการยกเลิกคำสั่งซื้อ",
    "东京的樱花什么时候开？",
    "請把發票寄到我的公司地址。",
    "この製品の保証期間はどのくらいですか？",
    "비밀번호를 잊어버렸어요.",
    # Code, data, signs
    "SELECT name, total FROM orders WHERE total > 100 ORDER BY total DESC;",
    "fn main() { println!(\"Hello, {}!\", name); }",
    "{\"id\": 17, \"tags\": [\"a\", \"b\"], \"ok\": true}",
    "https://example.org/path/to/page?query=1&lang=en#part",
    "E = mc² and a² + b² = c²; π ≈ 3.14159",
    "👍🏽 Great job!!! 🎉🎉",
    "v2.10.3-rc1+build.5",
    "ACME-00042-XZ",
    "antidisestablishmentarianism floccinaucinihilipilification",
    "\tTabs\tand\nline breaks\r\n  and   spaces   ",
]

ODD = [
    "a", "I", "?", "...", "42", " ", "ß", "é", "中", "🙂", "[MASK] [SEP] [CLS] [PAD] [UNK]", "x" * 250, "word " * 400,
    "no no no no no no no no no no", "ＦＵＬＬ ＷＩＤＴＨ", "ﬁne ligatures: ﬀ ﬃ", "zero\u200bwidth\u200djoiner", "e\u0301 versus é",
    "ALL CAPITALS ARE READ LIKE small ones", "\u00adsoft\u00adhyphens",
]


def texts() -> list[str]:
    """The sentences, odd things, and paragraphs of 2 to 40 sentences: from one token to more than the model reads."""
    draw = random.Random(20261123)
    made = list(SENTENCES) + list(ODD)
    while len(made) < 200:
        # A few that are longer than the model reads; the tests run without optimisation, so most are short.
        count = 30 if len(made) % 30 == 0 else draw.choice([1, 1, 2, 2, 2, 3, 3, 4, 6])
        made.append(" ".join(draw.choice(SENTENCES) for _ in range(count)))
    return made


def main() -> None:
    model_folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    import numpy
    from sentence_transformers import SentenceTransformer, models

    words = models.Transformer(str(model_folder), max_seq_length=256)
    pooling = models.Pooling(words.get_word_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[words, pooling, models.Normalize()], device="cpu")
    made = texts()
    vectors = model.encode(made, batch_size=1, convert_to_numpy=True, show_progress_bar=False)
    assert vectors.shape == (200, 384), vectors.shape
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    target.mkdir(parents=True, exist_ok=True)
    (target / "minilm_texts.json").write_text(json.dumps(made, ensure_ascii=True, indent=0) + "\n")
    (target / "minilm_vectors.f16").write_bytes(vectors.astype("<f2").tobytes())


if __name__ == "__main__":
    main()
