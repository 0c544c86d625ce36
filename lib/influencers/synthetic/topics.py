"""The planted hashtag communities, the tags that everyone uses, and the two tags on trial."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from influencers.synthetic.lexicon import LANGUAGE_CODES


@dataclass(frozen=True)
class Topic:
    """One planted community: its stems, each with the endings of its language.

    Attributes:
        weight: the share of accounts that belong to it, up to a common factor.
    """

    name: str
    language: str
    weight: float
    stems: tuple[str, ...]

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags, the commonest first: stems bare, then with each ending."""
        return tuple(stem + ending for ending in _ENDINGS[self.language] for stem in self.stems)

    @property
    def language_number(self) -> int:
        """The position of the topic's language in `lexicon.LANGUAGES`."""
        return LANGUAGE_CODES.index(self.language)


_ENDINGS = {
    "en": ("", "lovers", "daily"),
    "es": ("", "diario", "conamor"),
    "pt": ("", "brasil", "demais"),
    "fr": ("", "dujour", "passion"),
    "de": ("", "liebe", "heute"),
    "tr": ("", "keyfi", "günlüğü"),
    "ru": ("", "дня", "навсегда"),
    "ar": ("", "_اليوم", "_العرب"),
    "hi": ("", "प्रेमी", "दिवस"),
    "ja": ("", "好き", "部"),
    "ko": ("", "스타그램", "맛집"),
    "zh": ("", "日记", "爱好者"),
}

TOPICS = tuple(
    Topic(name, language, weight, tuple(stems.split()))
    for name, language, weight, stems in (
        ("travel", "en", 1.6, "wanderlust roadtrip backpacking passport islandlife citybreak "
         "trainride sunsetchaser hiddenplaces mapcollector nomad jetlag"),
        ("fitness", "en", 1.4, "deadlift gymtime legday homeworkout runningclub kettlebell "
         "marathon stretching proteinshake crossfit mobility strength"),
        ("pets", "en", 1.2, "puppy rescuedog tabbycat dachshund catnap goldenretriever bunnies "
         "doggo whiskers pawprints kitten parrot"),
        ("home", "en", 1.0, "interiordesign cosycorner houseplants shelfie linen rattan "
         "renovation diyhome tinyhouse floorlamp velvetsofa tiles"),
        ("food", "es", 1.1, "paella tapas cocinacasera receta tortilla gazpacho mercado postres "
         "jamón empanada sobremesa merienda"),
        ("football", "pt", 1.0, "futebol gol torcida camisa10 estádio pelada artilheiro goleiro "
         "campeonato chuteira drible clássico"),
        ("fashion", "fr", 1.0, "tenue friperie parisienne sacàmain talons écharpe prêtàporter "
         "défilé marinière trench béret couture"),
        ("hiking", "de", 0.8, "wandern gipfel almhütte bergsee rucksack klettern wanderschuhe "
         "hüttentour alpenglühen fernweh waldbaden sonnenaufgang"),
        ("tea", "tr", 0.6, "çaysaati kahvaltı simit demlik semaver börek türkkahvesi lokum "
         "boğaz vapur martı kediler"),
        ("beauty", "ru", 1.0, "макияж помада уход ресницы маникюр причёска блеск тени кисти "
         "крем румяна стрелки"),
        ("poetry", "ar", 0.8, "شعر قصيدة خواطر حروف ديوان كلمات قافية أدب رواية اقتباس قلم كتاب"),
        ("cricket", "hi", 0.8, "क्रिकेट बल्लेबाज गेंदबाज छक्का चौका विकेट मैदान कप्तान शतक मुकाबला जीत टीम"),
        ("cafe", "ja", 0.9, "カフェ巡り 純喫茶 パンケーキ 抹茶 珈琲時間 ケーキ 焼き菓子 プリン "
         "和菓子 パン屋 クリームソーダ 喫茶店"),
        ("skincare", "ko", 0.8, "스킨케어 선크림 마스크팩 보습 세럼 클렌징 수분크림 토너 피부관리 "
         "각질 앰플 데일리케어"),
        ("calligraphy", "zh", 0.6, "书法 毛笔 国画 水墨 篆刻 宣纸 临帖 行书 楷书 砚台 山水画 印章"),
    )
)  # fmt: skip

UBIQUITOUS = ("love", "instagood", "photooftheday", "happy", "tbt")
DRIVER = "giveaway"
DECOY = "fridayfeeling"


def normalised(tag: str) -> str:
    """A tag as the posts table stores it: NFKC, then case-folded, without '#'."""
    return unicodedata.normalize("NFKC", tag).casefold()
