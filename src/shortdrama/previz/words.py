"""The words a prompt is read by, English and Chinese, and how they are found in it. Pure data.

A `*` at the end of an English word allows any ending; otherwise only plural and -ing, -ed, -s.
"""

from __future__ import annotations

import re
from functools import cache

Table = dict[str, str]

PLACES: Table = {
    "kitchen": "kitchen kitchens stove cooking sink galley 厨房 灶台 灶间 后厨",
    "bedroom": "bedroom bed pillow blanket dormitory dorm 卧室 床上 床边 寝室 宿舍",
    "office": "office boardroom cubicle desk meeting-room conference-room classroom"
    " workplace startup headquarters school 办公室 会议室 教室 公司 总裁办 写字间",
    "hospital": "hospital ward clinic infirmary icu surgery 医院 病房 诊所 手术室 急诊",
    "cafe": "cafe café restaurant diner bar tavern pub coffee-shop tea-house teahouse"
    " noodle-shop izakaya bakery bookshop bookstore shop 咖啡馆 咖啡店 餐厅 餐馆 饭店 酒吧"
    " 茶馆 酒馆 面馆 书店 小店 店里",
    "room": "room living-room parlour parlor lounge apartment flat studio hotel-room"
    " attic house home interior indoors int sofa couch fireplace study library bathroom"
    " 客厅 房间 屋里 屋内 室内 公寓 家里 家中 书房 沙发 阁楼 浴室 图书馆",
    "corridor": "corridor hallway hall-way passage hall tunnel subway-passage lobby 走廊"
    " 过道 长廊 通道 隧道 大堂",
    "stairs": "stairs stair staircase stairwell steps stairway 楼梯 台阶 阶梯 楼道",
    "elevator": "elevator lift-doors 电梯",
    "market": "market market-street bazaar stall street-food food-stall night-market"
    " lantern-festival temple-fair 市场 夜市 集市 菜市场 庙会 灯会 摊位 小吃摊 大排档",
    "alley": "alley alleyway lane backstreet side-street hutong 小巷 巷子 胡同 弄堂 里弄 巷",
    "street": "street road avenue boulevard crossing crosswalk sidewalk pavement"
    " intersection downtown town village bus-stop 街道 街头 街上 马路 大街 路口 街 人行道"
    " 小镇 路边",
    "city": "city skyline cityscape metropolis skyscraper tower tokyo shanghai york"
    " hong-kong 城市 都市 天际线 摩天 高楼 上海 北京 香港",
    "rooftop": "rooftop roof terrace balcony helipad 天台 屋顶 楼顶 露台 阳台",
    "bridge": "bridge overpass footbridge viaduct 桥 大桥 天桥 桥上",
    "tram": "tram train subway metro carriage bus railcar streetcar wagon 电车 火车 地铁"
    " 车厢 高铁 公交 巴士 列车",
    "car": "car taxi cab limousine driver windshield windscreen dashboard backseat truck"
    " van steering 汽车 车里 车内 轿车 出租车 驾驶 副驾 后座 方向盘",
    "station": "station platform terminal airport 车站 站台 月台 机场 火车站 地铁站",
    "forest": "forest wood woods grove jungle trees bamboo orchard park garden tree 森林"
    " 树林 林间 竹林 丛林 花园 公园 桃花林 林中",
    "mountain": "mountain peak cliff summit ridge valley canyon hill hills highland 山"
    " 山峰 悬崖 山顶 山谷 峡谷 雪山",
    "river": "river lake pond stream canal creek riverbank waterfall dock pier harbour"
    " harbor boat ferry 河 江 湖 河边 江边 湖边 池塘 小溪 码头 渡口 船 小舟",
    "sea": "sea ocean beach shore seaside coast waves wave lighthouse ship island 海"
    " 大海 海边 沙滩 海滩 海岸 海浪 灯塔 岛",
    "desert": "desert dune sand wasteland mars 沙漠 荒漠 戈壁 沙丘",
    "field": "field meadow grassland prairie farm wheat plain countryside rice-paddy"
    " 田野 草原 草地 麦田 稻田 乡间 原野",
    "palace": "palace temple courtyard throne pagoda shrine castle pavilion dynasty"
    " emperor empress monastery gate 宫殿 皇宫 寺庙 庭院 古寺 大殿 王府 宫 亭 阁 皇帝 皇后"
    " 古风 仙侠 城门 宗门",
    "space": "space spaceship spacecraft starship orbit galaxy planet astronaut 太空"
    " 飞船 宇宙 星舰 星球 宇航员",
}

# Things that suggest a room when no place is named.
ROOM_HINTS: Table = {
    "room": "window table lamp chair door mirror curtain wall floor ceiling piano candle"
    " cup tea letter dinner breakfast 窗 桌 灯下 椅 门 镜子 窗帘 墙 地板 钢琴 蜡烛 杯 信",
}

HOURS: Table = {
    "night": "night nighttime midnight moonlit moonlight evening moon neon starry stars"
    " star dark 夜 夜晚 深夜 午夜 晚上 月光 月亮 月下 霓虹 星空 黑夜 半夜",
    "dusk": "dusk sunset twilight golden-hour gloaming magic-hour nightfall sundown 黄昏"
    " 傍晚 日落 夕阳 暮 晚霞 夕照",
    "dawn": "dawn sunrise daybreak first-light early-morning morning 清晨 黎明 日出 早晨"
    " 拂晓 晨光 晨 早上",
    "day": "day daylight noon midday afternoon sunny sunlight sunlit bright-sun 白天"
    " 中午 正午 下午 午后 阳光 晴天 烈日",
}

WEATHERS: Table = {
    "storm": "storm stormy thunder lightning thunderstorm typhoon hurricane 暴风雨 雷雨"
    " 闪电 雷 台风",
    "rain": "rain rains rainy raining drizzle drizzling downpour rainfall rain-soaked"
    " rain-slick monsoon puddle 雨 下雨 细雨 大雨 暴雨 雨夜 雨中",
    "snow": "snow snowy snowing snowfall blizzard snowflake winter frost icy 雪 下雪"
    " 大雪 飘雪 暴雪 冰 冬",
    "fog": "fog foggy mist misty haze hazy smoke smoky steam 雾 薄雾 浓雾 烟雾 雾气 烟",
    "cloud": "overcast cloudy clouds cloud grey-sky gray-sky 阴天 多云 乌云 云",
}

MOODS: Table = {
    "romance": "love romantic romance kiss tender date wedding bride sweetheart couple"
    " sweet embrace 爱 吻 恋 浪漫 甜 婚礼 婚 情侣 拥抱 心动 新娘 温柔",
    "tension": "tense tension chase danger knife gun blood murder fight angry anger rage"
    " argue betray* revenge threat* escape thriller suspense fear panic 紧张 追 危险 刀 枪"
    " 血 杀 打斗 愤怒 怒 争吵 背叛 复仇 惊 对峙",
    "sorrow": "sad sorrow cry crying tears tear weep grief mourn funeral lonely alone"
    " goodbye farewell heartbroken regret melancholy empty 悲 哭 泪 伤心 孤独 葬礼 告别"
    " 离别 心碎 难过 寂寞",
    "horror": "horror ghost haunted creepy eerie monster zombie demon sinister nightmare"
    " scream 恐怖 鬼 诡异 怪物 僵尸 恶魔 阴森 噩梦 尖叫",
    "joy": "happy joy laugh laughing smile smiling celebrate party festival birthday"
    " cheerful playful 快乐 开心 笑 欢乐 庆祝 派对 节日 生日 喜",
    "wonder": "magic magical dream dreamy wonder mystic* fairy spirit glow glowing"
    " enchanted fantasy 魔法 梦 奇幻 仙 神秘 精灵 发光 灵",
    "calm": "calm quiet peaceful serene still gentle silent silence 安静 平静 宁静 静 沉默 温和",
}

PROPS: Table = {
    "lantern": "lantern lanterns string-lights fairy-lights festival 灯笼 花灯 灯会 孔明灯 彩灯",
    "neon": "neon cyberpunk billboard sign signs nightclub 霓虹 赛博 招牌 灯牌",
    "umbrella": "umbrella parasol 伞 雨伞 打伞 撑伞",
    "moon": "moon moonlit moonlight 月",
    "sun": "sun sunset sunrise sunlight 太阳 夕阳 日出 日落 阳光",
    "stars": "stars starry star galaxy 星",
    "lamp": "lamp chandelier light-bulb 台灯 灯 吊灯",
    "candle": "candle candles candlelight 烛 蜡烛",
    "fire": "fire campfire fireplace bonfire flames burning 火 篝火 壁炉 火焰",
    "phone": "phone smartphone screen text-message call laptop 手机 电话 屏幕 短信 电脑",
    "sword": "sword swords blade katana swordsman 剑 刀客 长剑",
    "birds": "bird birds crow crows seagull seagulls gull pigeons 鸟 乌鸦 海鸥 鸽",
    "petals": "blossom blossoms petals cherry flowers peach 花瓣 樱花 桃花 落花 花",
    "tower": "lighthouse tower 灯塔 塔",
    "boat": "boat ferry ship sail sampan 船 舟 帆",
    "door": "door doorway 门",
    "steam": "steam noodles soup wok tea coffee 热气 蒸汽 面条 汤 茶 咖啡",
}

FRAMINGS: Table = {
    "close": "close-up closeup close extreme-close-up ecu cu portrait face eyes eye lips"
    " 特写 近景 脸 面部 眼睛 眼神 大特写",
    "wide": "wide wide-shot establishing long-shot landscape aerial drone panorama"
    " bird's-eye vista ews 全景 远景 大全景 航拍 鸟瞰 大远景",
    "medium": "medium medium-shot mid-shot waist two-shot cowboy ms 中景 半身 中近景 双人",
}

PEOPLE: Table = {
    "woman": "woman women girl girls lady wife mother mom mum daughter sister queen"
    " princess bride aunt grandmother grandma waitress actress she her heroine girlfriend"
    " empress nurse 女人 女孩 女子 女生 姑娘 少女 妻子 母亲 妈妈 女儿 姐姐 妹妹 女王 公主"
    " 新娘 奶奶 她 女主 皇后 女士 护士",
    "man": "man men boy boys guy husband father dad son brother king prince groom uncle"
    " grandfather grandpa he him his hero boyfriend soldier warrior swordsman detective"
    " emperor driver boss ceo 男人 男孩 男子 男生 少年 丈夫 父亲 爸爸 儿子 哥哥 弟弟 国王"
    " 王子 新郎 爷爷 他 男主 皇帝 先生 士兵 侠客 剑客 总裁 老板",
    "child": "child kid toddler baby children kids 孩子 小孩 儿童 婴儿 小女孩 小男孩",
    "person": "person someone figure silhouette stranger doctor teacher student people"
    " friend vendor rider passenger worker chef cook monk traveller traveler astronaut"
    " lover crowd police officer they 人 陌生人 医生 老师 学生 朋友 路人 乘客 僧 旅人 恋人"
    " 人影 宇航员 警察 老人",
}

PAIRS: Table = {
    "two": "two-shot two-people two-women two-men two-girls two-boys couple lovers both"
    " together each-other they twins friends brothers sisters 两人 二人 两个人 情侣 恋人"
    " 他们 她们 一起 彼此 对视 双人 夫妻",
}

COUPLES: Table = {
    "two": "couple lovers bride-and-groom newlyweds 情侣 恋人 夫妻 新人 小两口",
}

DEEDS = (
    r"\b(?:walks?|walking|stands?|standing|sits?|sitting|looks?|looking|says?|whispers?|shouts?"
    r"|smiles?|cries|runs?|running|turns?|waits?|waiting|opens?|pushes|pulls|holds|leans?|reads?|kneels?"
    r"|sings?|dances?|stares?|nods|sleeps?|steps|enters|leaves|hugs?|kiss(?:es)?|stirs|pours|drinks)\b"
    r"|走|站|坐|望|看着|说|喊|转身|回头|推开|跑|等待|低头|抬头|睡|跪|拥抱|微笑"
)
NAME = re.compile(r"@[\w-]+|(?<![A-Za-z])[A-Z][a-z]{1,14}(?![A-Za-z])")
NOT_NAMES = frozenset(
    (  # noqa: SIM905 - words read better as a line of words
        "a across after an and as at before behind beside beyond big blue but camera chinese "
        "cinematic close cold cut dark dawn day dolly dusk early empty english ext exterior "
        "fade finally from gentle golden he her here his hold in inside int interior into it "
        "its japanese late meanwhile medium neon night no not now old on one outside over pan "
        "pull push rain red scene she shot slow slowly small snow soft static style suddenly "
        "that the then there these they this those three through tilt two under vertical warm "
        "we when where while whip wide with young zoom"
    ).split()
)


@cache
def _patterns(words: str) -> re.Pattern[str]:
    latin, han = [], []
    for word in words.split():
        if word.isascii() or word == "café":
            ending = r"\w*" if word.endswith("*") else r"(?:s|es)?"
            latin.append(re.escape(word.rstrip("*")).replace(r"\-", r"[\s-]?") + ending)
        else:
            han.append(re.escape(word))
    latin.sort(key=len, reverse=True)
    han.sort(key=len, reverse=True)
    parts = [rf"(?<![A-Za-z])(?:{'|'.join(latin)})(?![A-Za-z])"] if latin else []
    return re.compile("|".join([*parts, *han]), re.I)


def find_all(table: Table, text: str) -> list[str]:
    """Keys of the table whose words occur, earliest first; at one place the longest word wins."""
    return [key for _, _, key in _locate(table, text)]


def _locate(table: Table, text: str) -> list[tuple[int, int, str]]:
    """(start, -length, key) of each key's first word."""
    hits = []
    for key, words in table.items():
        match = _patterns(words).search(text)
        if match:
            hits.append((match.start(), -len(match.group()), key))
    return sorted(hits)


def find_head(table: Table, text: str) -> str | None:
    """Like `find_first`, but of neighbours the last: a "hospital corridor" is a corridor."""
    hits = _locate(table, text)
    if not hits:
        return None
    head = hits[0]
    for hit in hits[1:]:
        if 0 < hit[0] - (head[0] - head[1]) <= 1 or hit[0] == head[0] - head[1]:
            head = hit
    return head[2]


def find_first(table: Table, text: str) -> str | None:
    """The key mentioned first, or None."""
    return next(iter(find_all(table, text)), None)
