"""The words that demo records are made of; firms and people are invented, towns are real.

In patterns `#` stands for a digit. Telephone numbers use ranges kept for fiction where a country
has one, VAT numbers begin with a zero that no office issues.
"""

# ruff: noqa: RUF001  letters that look like others are the point here

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town with the beginning of its postal codes."""

    city: str
    zip_code: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Land:
    """How firms, people and addresses look in one country.

    Attributes:
        firm: a firm's name from {stem}, {trade} and {form}.
        pair: how two stems become one name.
        slug: what mail addresses are made of; with {stem} only where the script is Latin.
    """

    country: str
    currency: str
    phone: str
    vat: str
    places: tuple[Place, ...]
    streets: tuple[str, ...]
    firm: str
    stems: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    slug: str = "{stem}-{number}"
    pair: str = "{} & {}"


LANDS = (
    Land(
        "DE",
        "EUR",
        "+49 30 23125###",
        "DE0########",
        (
            Place("Köln", "506##", "NW"),
            Place("München", "803##", "BY"),
            Place("Görlitz", "028##", "SN"),
            Place("Weißenburg", "917##", "BY"),
        ),
        ("Brückenstraße", "Am Mühlgraben", "Zum Öhrchen", "Große Gasse"),
        "{stem} {trade} {form}",
        ("Tarvendörfer", "Brunnhäld", "Oßwelder", "Querlinger", "Jüthmann"),
        ("Fensterbau", "Kältetechnik", "Gebäudeservice", "Aufzüge", "Metallbau"),
        ("GmbH", "GmbH & Co. KG", "AG", "e. K."),
        ("Jürgen", "Käthe", "Björn", "Annegret"),
        ("Tarvendorf", "Brunnhäld", "Oßwelder", "Jüthmann-Quast"),
    ),
    Land(
        "AT",
        "EUR",
        "+43 1 5550###",
        "ATU0#######",
        (Place("Wien", "10#0"), Place("Sankt Pölten", "31##"), Place("Wörgl", "63##")),
        ("Schloßgasse", "Hintere Zollamtsstiege", "Kärntner Weg"),
        "{stem} {trade} {form}",
        ("Wölfnitzer", "Gstöttl", "Perchtvogel"),
        ("Sonnenschutz", "Haustechnik", "Torsysteme"),
        ("GmbH", "KG", "OG"),
        ("Leopoldine", "Xaver", "Rosmarie"),
        ("Wölfnitz", "Gstöttl", "Perchtvogel"),
    ),
    Land(
        "CH",
        "CHF",
        "+41 44 5550###",
        "CHE-0##.###.### MWST",
        (
            Place("Zürich", "80##", "ZH"),
            Place("Genève", "12##", "GE"),
            Place("Chur", "70##", "GR"),
        ),
        ("Rue des Pâquerettes", "Seefeldsteig", "Via dal Gelg"),
        "{stem} {trade} {form}",
        ("Näfelwyler", "Côtevaux", "Bernasconetti"),
        ("Storen", "Sanitaire", "Lüftungen"),
        ("AG", "SA", "Sàrl"),
        ("Ueli", "Françoise", "Gion"),
        ("Näfelwyler", "Côtevaux", "Bernasconetti"),
    ),
    Land(
        "FR",
        "EUR",
        "+33 1 99 00 ## ##",
        "FR0##########",
        (Place("Lyon", "6900#"), Place("Besançon", "25000"), Place("L'Haÿ-les-Roses", "94240")),
        ("Rue de l'Étang", "Allée des Érables", "Quai du Vieux-Pont"),
        "{trade} {stem} {form}",
        ("Brévalmont", "d'Orsenne", "Châtrelac"),
        ("L'Atelier", "Menuiserie", "Chauffage"),
        ("SARL", "SAS", "S.A."),
        ("Anaïs", "Hélène", "Loïc"),
        ("Brévalmont", "d'Orsenne", "Châtrelac"),
    ),
    Land(
        "GB",
        "GBP",
        "+44 1632 960###",
        "GB0########",
        (
            Place("Bristol", "BS# #TX"),
            Place("King's Lynn", "PE30 #QB"),
            Place("Leeds", "LS## #QA"),
        ),
        ("Tanner's Row", "Old Mill Lane", "Kingfisher Yard"),
        "{stem} {trade} {form}",
        ("O'Dunraven", "Haxelby", "Thornwick's", "Pemberstow"),
        ("Lifts", "Heating & Cooling", "Glazing", "Gate Works"),
        ("Ltd", "& Sons Ltd", "plc", "LLP"),
        ("Niamh", "Alistair", "Philippa"),
        ("O'Dunraven", "Haxelby", "Thornwick"),
    ),
    Land(
        "US",
        "USD",
        "+1 312 555 01##",
        "0#-#######",
        (Place("Portland", "972##", "OR"), Place("Coeur d'Alene", "838##", "ID")),
        ("Maple Hollow Drive", "County Road 12", "N. Fictional Ave."),
        "{stem} {trade} {form}",
        ("Tallgrass Ridge", "Quillfeather", "Blue Ox Hollow"),
        ("HVAC", "Door & Window", "Elevator Service"),
        ("Inc.", "LLC", "Corp."),
        ("Tyrone", "Guadalupe", "Kaitlyn"),
        ("Quillfeather", "Marrowstone", "D'Ambrosetti"),
    ),
    Land(
        "PL",
        "PLN",
        "+48 22 555 0###",
        "PL0#########",
        (Place("Łódź", "90-###"), Place("Kraków", "30-###"), Place("Świnoujście", "72-6##")),
        ("ul. Żurawia", "ul. Śląska Górna", "al. Źródlana"),
        "{stem} {trade} {form}",
        ("Wierzbołów", "Żółkwin", "Ćmielarz"),
        ("Okna", "Klimatyzacja", "Dźwigi"),
        ("Sp. z o.o.", "S.A.", "Sp. k."),
        ("Łucja", "Zdzisław", "Małgorzata"),
        ("Wierzbołowski", "Żółkwina", "Ćmielarz"),
    ),
    Land(
        "SE",
        "SEK",
        "+46 31 39006##",
        "SE0###########",
        (Place("Göteborg", "41# ##"), Place("Växjö", "35# ##"), Place("Umeå", "90# ##")),
        ("Ångbåtsgatan", "Björkstigen", "Östra Kajen"),
        "{stem} {trade} {form}",
        ("Skärvinge", "Fjällbrod", "Ångströmsvik"),
        ("Ventilation", "Portar", "Kyla"),
        ("AB", "HB"),
        ("Åsa", "Göran", "Märta"),
        ("Skärvinge", "Fjällbrod", "Ångströmsvik"),
    ),
    Land(
        "ES",
        "EUR",
        "+34 910 555 0##",
        "ES0########",
        (Place("A Coruña", "150##"), Place("Málaga", "290##"), Place("Logroño", "260##")),
        ("Calle del Peñón", "Avenida Vía Láctea", "Paseo de los Olmos"),
        "{trade} {stem} {form}",
        ("Peñalvento", "Güelmes", "Castroñuño"),
        ("Ascensores", "Climatización", "Cerrajería"),
        ("S.L.", "S.A.", "S. Coop."),
        ("Íñigo", "María José", "Begoña"),
        ("Peñalvento", "Güelmes", "Núñez-Castroñuño"),
    ),
    Land(
        "CZ",
        "CZK",
        "+420 255 500 ###",
        "CZ0#######",
        (Place("Plzeň", "3## 00"), Place("Ústí nad Labem", "400 ##")),
        ("Řeznická", "Na Příkopech", "Dlouhá třída"),
        "{stem} {trade}, {form}",
        ("Březohled", "Kučerovec", "Šťastnov"),
        ("výtahy", "okna", "tepelná čerpadla"),
        ("s.r.o.", "a.s.", "v.o.s."),
        ("Jiří", "Zdeňka", "Řehoř"),
        ("Březohled", "Kučerovec", "Šťastnov"),
    ),
    Land(
        "TR",
        "TRY",
        "+90 212 555 0###",
        "TR0#########",
        (Place("İzmir", "35###"), Place("Eskişehir", "26###")),
        ("Çınarlı Sokak", "Gül Bahçesi Caddesi"),
        "{stem} {trade} {form}",
        ("Yıldızova", "Gümüşdere", "Çağlıpınar"),
        ("Asansör", "İklimlendirme"),
        ("Ltd. Şti.", "A.Ş."),
        ("İpek", "Oğuzhan", "Gülşah"),
        ("Yıldızova", "Gümüşdere", "Çağlıpınar"),
        slug="firma-{number}",
    ),
    Land(
        "BG",
        "EUR",
        "+359 2 555 0###",
        "BG0########",
        (Place("София", "1###"), Place("Велико Търново", "50##")),
        ("ул. Липова", "бул. Черни връх Долен"),
        "{trade} „{stem}“ {form}",
        ("Сребърна бреза", "Звънигор", "Ясновит"),
        ("Асансьори", "Дограма", "Климатици"),
        ("ООД", "ЕООД", "АД"),
        ("Цветелина", "Йордан", "Щерю"),
        ("Звънигоров", "Ясновитова", "Брезовски"),
        slug="firma-{number}",
    ),
    Land(
        "JP",
        "JPY",
        "+81 3 5550 0###",
        "T0############",
        (Place("大阪市", "53#-00##", "大阪府"), Place("金沢市", "920-0##", "石川県")),
        ("架空町一丁目", "夢見通り"),
        "{form}{stem}{trade}",
        ("青霞", "星見川", "白樺野"),
        ("製作所", "空調", "エレベーター"),
        ("株式会社", "有限会社", "合同会社"),
        ("さくら", "健太", "美咲"),
        ("星見川", "白樺野", "青霞"),
        slug="kaisha-{number}",
        pair="{}・{}",
    ),
    Land(
        "CN",
        "CNY",
        "+86 21 5550 0###",
        "CN0###############",
        (Place("杭州市", "3100##", "浙江省"), Place("成都市", "6100##", "四川省")),
        ("虚构路", "梧桐里街"),
        "{stem}{trade}{form}",
        ("云杉谷", "晨星湾", "远帆岭"),
        ("电梯", "门窗", "暖通设备"),
        ("有限公司", "股份有限公司"),
        ("晓梅", "志远", "雨桐"),
        ("欧阳", "慕容", "司徒"),
        slug="gongsi-{number}",
        pair="{}{}",
    ),
)

LONG_NAME = (
    " – Zweigniederlassung für Wartung, Instandhaltung, Umbau und Ersatzteilversorgung Süd"
)

POSITIONS = (
    "Purchasing",
    "Facility manager",
    "Geschäftsführung",
    "Buchhaltung",
    "Directrice",
    "",
)

NOTES = (
    "Deliver in the morning; ring at gate 2.",
    "Bevorzugt Anlieferung am Vormittag.\nRückruf erbeten, Rabatt laut Rahmenvertrag.",
    'Says "net 30", pays net 45.',
    "Clé chez le gardien – ne pas sonner après 18 h.",
    "納品は午前中にお願いします。🚚",
    "100 % prepayment until 2026; <b>ask</b> accounting & sales; path C:\\deliveries\\in",
    "",
)

PRODUCTS = (
    ("WIN", "Windows", "window", "Fenster", "окно", ("pcs", "set")),
    ("DOR", "Doors", "door", "Tür", "врата", ("pcs",)),
    ("GLS", "Glazing", "insulating glass", "Isolierglas", "стъклопакет", ("m²", "pcs")),
    ("HVC", "Heating and cooling", "heat pump", "Wärmepumpe", "热泵", ("pcs", "set")),
    ("LFT", "Lift parts", "guide rail", "Führungsschiene", "ガイドレール", ("m", "pcs")),
    ("SEA", "Sealants", "gasket", "Dichtung", "uszczelka", ("m", "roll", "")),
    ("TOL", "Tools", "torque wrench", "Drehmomentschlüssel", "ключ", ("pcs",)),
    ("SRV", "Services", "maintenance visit", "Wartungsbesuch", "přehlídka", ("h", "visit")),
)

SIZE = "{} × {} mm"

MATERIALS = (
    "oak",
    "aluminium",
    "PVC white",
    "stainless 1.4301",
    "galvanised",
    "brass",
    "spruce",
)

FEATURES = (
    "tilt & turn",
    'with 3/4" fitting',
    "fire class EI₂30",
    "type “B”",
    "installer's kit",
    "Ø 40 mm ± 0,5",
    "low-noise",
)

MAKERS = (
    "Haxelby Works",
    "Brunnhäld",
    "Skärvinge AB",
    "青霞製作所",
    "D'Orsenne & Cie",
    None,
    "",
)

LONG_ITEM = (
    ", delivered ready to install with all fixings, seals, covers, drilling template and printed"
    " instructions in eleven languages, packed in reusable crates which we collect on the next visit,"
    " spare parts kept for fifteen years"
)
