"""The words that captions are made of: twelve languages in seven scripts, emoji, places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from influencers.synthetic.streams import Strings


@dataclass(frozen=True)
class Language:
    """A vocabulary and how its words are put together.

    Attributes:
        words: the commonest first; captions use them by Zipf's law.
        pauses: a comma, a full stop, an exclamation mark and a question mark.
        spaced: False where words follow each other without a space.
    """

    code: str
    words: tuple[str, ...]
    pauses: tuple[str, str, str, str] = (",", ".", "!", "?")
    spaced: bool = True

    @cached_property
    def lower(self) -> Strings:
        """The words as they stand inside a sentence."""
        return np.array(self.words, dtype=object)

    @cached_property
    def capitalised(self) -> Strings:
        """The words as they open a sentence; the same where a script has no case."""
        return np.array([word[:1].upper() + word[1:] for word in self.words], dtype=object)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


LANGUAGES = (
    Language(
        "en",
        _words("""
        the and a to of my in is this for with you it we on so what new day today one all from
        love just time out more best now life morning home night little world light people little
        good see here never again after always beautiful sunshine coffee weekend happy city sea
        friends family summer winter road dream smile favourite moment thank grateful feeling
        every story behind street quiet golden wild slow early late another tomorrow yesterday
        somewhere river mountain garden window kitchen music dance colours magic adventure
        """),
    ),
    Language(
        "es",
        _words("""
        de la que el en y a los se un una por con para mi más hoy día como todo este pero vida
        amor siempre gracias feliz mañana noche casa sol playa corazón años niños amigos familia
        también aquí así qué sueño canción música corazones verano otoño café ciudad camino luz
        pequeño mejor tiempo mundo mar montaña sonrisa alegría jamás después domingo sábado señal
        """),
    ),
    Language(
        "pt",
        _words("""
        de a o que e do da em um para com não uma os no se na por mais hoje dia você é muito
        coração manhã noite sol praia verão amanhã feliz família amigos vida amor saudade sempre
        então também lá aqui café cidade gratidão sonho canção alegria melhor tempo mundo mar
        paixão irmãos emoção começo fé pé avó céu chão pão estação informações luz caminho
        """),
    ),
    Language(
        "fr",
        _words("""
        de la le et les des en un du une que est pour qui dans par plus pas au sur ce mon notre
        aujourd'hui été hiver matin soirée bonheur déjà après très où là même toujours jamais
        merci famille amis café croissant lumière ville rue fenêtre forêt île cœur sœur rêve
        beauté légèreté naïf maïs Noël garçon leçon français château goût voilà à bientôt
        """),
    ),
    Language(
        "de",
        _words("""
        der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es
        an heute morgen schön schöne grüße Straße Berge Wälder Frühstück Kaffee Freunde Familie
        glücklich Glück Sonne Meer Träume über später früh wieder immer endlich zuhause Abend
        Wochenende größer Spaß süß möchte könnte wünsche Gefühl Lächeln draußen ruhig Licht
        """),
    ),
    Language(
        "tr",
        _words("""
        bir ve bu da de için çok ile ama gibi daha en bugün gün güzel sevgi hayat her şey sonra
        kahve çay deniz güneş yağmur ışık şehir yol rüya mutlu teşekkürler arkadaş aile akşam
        sabah gece yaz kış çiçek gökyüzü kalp küçük büyük İstanbul İzmir değil şimdi yine iyi
        """),
    ),
    Language(
        "ru",
        _words("""
        и в не на я что с мы это как по но так все сегодня день утро вечер дом мой моя счастье
        любовь жизнь всегда снова ещё очень спасибо друзья семья лето зима море горы солнце кофе
        город улица свет мечта улыбка радость время мир музыка дорога хорошо красиво вместе завтра
        вчера дождь снег осень тишина сердце маленький большой новый лучший каждый момент
        """),
    ),
    Language(
        "ar",
        _words("""
        في من على إلى هذا اليوم كل مع يا ما لا أنا هو هي كان يوم جميل صباح مساء الخير الحياة حب
        قلب سعادة شكرا الله البحر الشمس القمر قهوة مدينة طريق حلم ابتسامة أصدقاء عائلة الصيف
        الشتاء موسيقى وقت عالم نور ليل دائما أبدا معا جديد كبير صغير لحظة ذكرى بيت
        """),
        pauses=("،", ".", "!", "؟"),
    ),
    Language(
        "hi",
        _words("""
        है और के में की का से को यह मैं हम आज दिन बहुत सुंदर प्यार ज़िंदगी खुशी सुबह शाम रात घर
        दोस्त परिवार धन्यवाद सूरज चाँद चाय शहर रास्ता सपना मुस्कान संगीत समय दुनिया रोशनी हमेशा
        कभी साथ नया बड़ा छोटा पल याद बारिश गर्मी सर्दी नदी पहाड़ समुद्र दिल मन
        """),
        pauses=(",", "।", "!", "?"),
    ),
    Language(
        "ja",
        _words("""
        今日 は とても の に を で 楽しい 一日 でした 朝 夜 美味しい コーヒー 海 山 空 光 友達 家族
        ありがとう 大好き いつも また 明日 昨日 夏 冬 春 秋 桜 街 道 夢 笑顔 音楽 時間 世界 小さな
        新しい カフェ ランチ 散歩 カメラ 写真 静かな 幸せ きれい です と が も ね から まで 一緒
        """),
        pauses=("、", "。", "！", "？"),
        spaced=False,
    ),
    Language(
        "ko",
        _words("""
        오늘 정말 너무 좋은 하루 아침 저녁 밤 커피 바다 산 하늘 빛 친구 가족 감사합니다 사랑 항상
        다시 내일 어제 여름 겨울 봄 가을 벚꽃 거리 길 꿈 미소 음악 시간 세상 작은 새로운 카페 점심
        산책 사진 조용한 행복 예쁜 우리 함께 그리고 그래서 매일 순간 집 여행 도시 맛있는
        """),
    ),
    Language(
        "zh",
        _words("""
        今天 的 是 在 很 我们 我 你 了 和 也 都 不 好 一天 早上 晚上 咖啡 大海 山 天空 阳光 朋友
        家人 谢谢 喜欢 永远 再次 明天 昨天 夏天 冬天 春天 秋天 街道 路 梦想 微笑 音乐 时间 世界 小小
        新的 午餐 散步 照片 安静 幸福 美丽 一起 每天 瞬间 家 旅行 城市 好吃 心情 生活
        """),
        pauses=("，", "。", "！", "？"),
        spaced=False,
    ),
)
LANGUAGE_CODES = tuple(language.code for language in LANGUAGES)

# One to a family of characters that break naive code: variation selectors, skin tones, joiners,
# flags, keycaps, tag sequences, and some of plain two-byte and four-byte kind.
EMOJI = _words("""
    ❤️ 😍 😂 🔥 ✨ 🙌🏽 💕 😊 👍🏻 🌿 ☀️ 🎉 💪🏾 🙏🏼 📸 🌊 😘 🥰 🌸 ☕ 👩‍👧‍👦 👨‍🍳
    🏃🏿‍♀️ 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 👨‍👩‍👧‍👦 🤦🏻‍♂️ 💃🏼 🕺🏻 🇧🇷 🇯🇵 🇫🇷 🇮🇳 🇰🇷
    🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ #️⃣ ™️ ➡️ 🐶 🐱 ⚽ 🎧 📚 👀 💯 🍕 🌍 🫶🏽
""")

PLACES = (
    "Paris, France", "Lisboa", "São Paulo, Brazil", "New York, New York", "東京", "서울, 대한민국",
    "Москва", "दिल्ली", "القاهرة", "İstanbul", "München", "Ciudad de México", "Zürich, Switzerland",
    "Reykjavík", "上海", "Los Angeles, California", "Bali, Indonesia", "Cape Town", "Θεσσαλονίκη",
    "Málaga, Spain", "Kyōto", "Санкт-Петербург", 'The "Old" Harbour', "Nairobi, Kenya", "Sydney",
    "Hồ Chí Minh", "Buenos Aires", "Montréal, Québec", "Dubai", "Home sweet home",
)  # fmt: skip

_NAME_PARTS = _words("""
    luna mira sol vera nico tara remy juno kai lena otto zara iris hugo nina axel ella theo maja
    enzo ruby ivan noor yuki amir sana omar lila finn dora jude vega stone rivers lake hill wood
    bloom frost moon star north west wilde green gold silva costa rossi novak tanaka park singh
    haddad demir weber laurent santos reyes quinn blake
""")
NAME_PARTS = np.array(_NAME_PARTS, dtype=object)
