"""The encoding of a text is found by its first bytes."""

from __future__ import annotations

import pytest

from influencers.ingest import encodings

SENTENCES = {
    "French": ("cp1252", "café déjà vu, très bon; à bientôt “été” – ça va être génial, où es-tu ?"),
    "Spanish": ("cp1252", "señor año niño mañana ¿qué tal? ¡corazón! jalapeño"),
    "German": ("cp1252", "schöne Grüße aus München, viel Spaß für alle Mädchen"),
    "Portuguese": ("cp1252", "amanhã não vou à praia, coração, informações são ótimas"),
    "Swedish": ("cp1252", "Jag älskar sommar i Göteborg, på ön är det fint"),
    "one word": ("cp1252", "café"),
    "Polish": ("cp1250", "zażółć gęślą jaźń, dziękuję bardzo, miłość, dzień dobry wszystkim"),
    "Czech": ("cp1250", "příliš žluťoučký kůň úpěl ďábelské ódy, děkuji vám"),
    "Russian": ("cp1251", "Привет, сегодня хорошая погода и мы гуляем"),
    "Russian of Unix": ("koi8-r", "Привет, сегодня хорошая погода и мы гуляем"),
    "Greek": ("cp1253", "Καλημέρα σε όλους, σήμερα είναι ωραία μέρα"),
    "Turkish": ("cp1254", "Günaydın arkadaşlar, bugün çok güzel bir gün değil mi, şeker"),
    "French of Macintosh": ("mac-roman", "café déjà vu, très bon; à bientôt été ça va être génial"),
}


def posts(text: str) -> str:
    lines = [f"Sc{n},{text} #tag{n},{n},https://cdn.host/p/{n}.jpg?x=1\n" for n in range(30)]
    return "shortcode,caption,likes,image_url\n" + "".join(lines)


@pytest.mark.parametrize("language", SENTENCES)
def test_the_usual_encoding_of_a_language_is_found(language: str) -> None:
    encoding, text = SENTENCES[language]
    head = posts(text).encode(encoding)
    found = encodings.encoding_of(head, encodings.AUTO)
    assert head.decode(found) == posts(text)


@pytest.mark.parametrize("language", SENTENCES)
def test_utf_8_is_found_where_it_is_cut_too(language: str) -> None:
    head = posts(SENTENCES[language][1]).encode()
    found = [encodings.encoding_of(head[:size], encodings.AUTO) for size in range(40, 90)]
    assert set(found) == {encodings.UTF_8}
