"""One-time codes, passwords and links don't leave the inbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.code_words import LANGUAGES
from notify.mask import LINK, MASK, mask, talks_of_codes

# A sentence a row as people get them, and what of it must not be shown.
SECRETS = [
    ("English", "Your password for the portal is sunflower, please change it", "sunflower"),
    ("English", "Your access key: Xk-Tq-Wz", "Xk-Tq-Wz"),
    ("English", "Use the passcode QWERTZ today", "QWERTZ"),
    ("English", "Your code: 2026", "2026"),
    ("German", "Ihr neues Kennwort lautet Sonnenblume", "Sonnenblume"),
    ("German", "Ihr Zugangsschlüssel: Abend-Rot", "Abend-Rot"),
    ("German", "Ihr Freischaltcode: BXQRT", "BXQRT"),
    ("French", "Votre mot de passe temporaire est : tournesol", "tournesol"),
    ("French", "Votre clé d\u2019accès : ciel-bleu", "ciel-bleu"),
    ("French", "Votre code de vérification est le 2026.", "2026"),
    ("Spanish", "Su contraseña de acceso es girasol", "girasol"),
    ("Spanish", "Tu clave es Verano", "Verano"),
    ("Spanish", "Su código de un solo uso es 2026", "2026"),
    ("Catalan", "La vostra contrasenya és girasol", "girasol"),
    ("Catalan", "El vostre codi: 2026", "2026"),
    ("Portuguese", "A sua senha é girassol", "girassol"),
    ("Portuguese", "A sua palavra-passe: girassol", "girassol"),
    ("Portuguese", "O seu código de verificação é ABCDEF", "ABCDEF"),
    ("Italian", "La tua password è girasole", "girasole"),
    ("Italian", "La chiave d'accesso: cielo-blu", "cielo-blu"),
    ("Italian", "Il codice per entrare nel tuo conto è 2026", "2026"),
    ("Romanian", "Parola dumneavoastră este floarea", "floarea"),
    ("Romanian", "Codul tău: 2026", "2026"),
    ("Dutch", "Uw wachtwoord is zonnebloem", "zonnebloem"),
    ("Dutch", "Uw toegangssleutel: blauwe-lucht", "blauwe-lucht"),
    ("Dutch", "Je eenmalige code luidt QWERTY", "QWERTY"),
    ("Swedish", "Ditt nya lösenord är solros", "solros"),
    ("Swedish", "Din engångskod: 2026", "2026"),
    ("Swedish", "Koden är QWERTY", "QWERTY"),
    ("Danish", "Din adgangskode er solsikke", "solsikke"),
    ("Danish", "Din engangskode: 2026", "2026"),
    ("Danish", "Dit kodeord: solsikke", "solsikke"),
    ("Norwegian", "Passordet ditt er solsikke", "solsikke"),
    ("Norwegian", "Koden din er 2026", "2026"),
    ("Finnish", "Salasanasi on auringonkukka", "auringonkukka"),
    ("Finnish", "Vahvistuskoodisi on 2026", "2026"),
    ("Finnish", "Pääsyavain: sini-taivas", "sini-taivas"),
    ("Polish", "Twoje hasło to słonecznik", "słonecznik"),
    ("Polish", "Klucz dostępu: błękit", "błękit"),
    ("Polish", "Kod potwierdzający QWERTY", "QWERTY"),
    ("Polish", "Twój kod: 2026", "2026"),
    ("Czech, Slovak", "Vaše heslo je slunečnice", "slunečnice"),
    ("Czech, Slovak", "Ověřovací kód: 2026", "2026"),
    ("Czech, Slovak", "Prístupový kľúč: slnečnica", "slnečnica"),
    ("Hungarian", "Az új jelszó: napraforgó", "napraforgó"),
    ("Hungarian", "Az Ön kódja: 2026", "2026"),
    ("Croatian, Serbian, Slovene", "Vaša lozinka je suncokret", "suncokret"),
    ("Croatian, Serbian, Slovene", "Ваша лозинка је сунцокрет", "сунцокрет"),
    ("Croatian, Serbian, Slovene", "Vaše geslo: sončnica", "sončnica"),
    ("Turkish", "Şifreniz: ayçiçeği", "ayçiçeği"),
    ("Turkish", "YENİ ŞİFRENİZ: gunes", "gunes"),
    ("Turkish", "Doğrulama kodunuz ABCDEF", "ABCDEF"),
    ("Turkish", "Parolanız: 2026", "2026"),
    ("Greek", "Ο κωδικός σας είναι ηλιοτρόπιο", "ηλιοτρόπιο"),
    ("Greek", "Κωδικός: 2026", "2026"),
    ("Russian", "Ваш пароль \u2014 подсолнух", "подсолнух"),
    ("Russian", "Ключ доступа: синее-небо", "синее-небо"),
    ("Russian", "Ваш код: 2026", "2026"),
    ("Ukrainian", "Ваш пароль: соняшник", "соняшник"),
    ("Ukrainian", "Код підтвердження \u2014 2026", "2026"),
    ("Arabic", "كلمة المرور هي abcdef", "abcdef"),
    ("Arabic", "رمز التحقق: ٢٠٢٦", "٢٠٢٦"),
    ("Persian", "گذرواژه: abcdef", "abcdef"),
    ("Persian", "کد شما: ۲۰۲۶", "۲۰۲۶"),
    ("Hebrew", "הסיסמה היא abcdef", "abcdef"),
    ("Hebrew", "הקוד שלך: 2026", "2026"),
    ("Hindi", "आपका पासवर्ड: abcdef", "abcdef"),
    ("Hindi", "आपका कोड 2026 है", "2026"),
    ("Thai", "รหัสผ่านของคุณคือabcdef", "abcdef"),
    ("Thai", "รหัส OTP ของคุณคือ 2026", "2026"),
    ("Vietnamese", "Mật khẩu của bạn là huongduong", "huongduong"),
    ("Vietnamese", "Mã của bạn: 2026", "2026"),
    ("Indonesian, Malay", "Kata sandi Anda adalah matahari", "matahari"),
    ("Indonesian, Malay", "Kode Anda: 2026", "2026"),
    ("Chinese, simplified", "您的密码是xiangrikui，请勿泄露", "xiangrikui"),
    ("Chinese, simplified", "您的动态码2026" + "请勿将其告知任何其他人" * 4, "2026"),
    ("Chinese, traditional", "您的驗證碼為 QWERTY", "QWERTY"),
    ("Chinese, traditional", "密碼：2026", "2026"),
    ("Japanese", "新しいパスワードは himawari です", "himawari"),
    ("Japanese", "ログイン用の認証コードは2026です。", "2026"),
    ("Japanese", "アクセスキー：ひまわり畑", "ひまわり畑"),
    ("Korean", "비밀번호는 haebaragi 입니다", "haebaragi"),
    ("Korean", "인증번호 2026을 입력하세요", "2026"),
    ("Korean", "액세스 키: 해바라기", "해바라기"),
]  # fmt: skip
# What people write to each other in the same languages.
ORDINARY = [
    ("English", "Dinner on 24.11.2026 at eight, 35 EUR each"),
    ("German", "Ihre Rechnung vom 24.11.2026 über 120 EUR"),
    ("French", "Réunion le 24.11.2026, salle 12, entrée 15 €"),
    ("Spanish", "La cena del 24.11.2026 cuesta 35 € por persona"),
    ("Catalan", "El sopar del 24.11.2026 costa 35 €"),
    ("Portuguese", "O jantar de 24.11.2026 custa 35 € e o desenho está pronto"),
    ("Italian", "La cena del 24.11.2026 costa 35 € a testa"),
    ("Romanian", "Cina din 24.11.2026 costă 120 lei"),
    ("Dutch", "Het diner op 24-11-2026 kost 35 euro per persoon"),
    ("Swedish", "Middagen den 2026-11-24 kostar 350 kr, perioden är lång"),
    ("Danish", "Middagen den 24.11.2026 koster 350 kr"),
    ("Norwegian", "Middagen 24.11.2026 koster 350 kr"),
    ("Finnish", "Illallinen 24.11.2026 maksaa 35 €"),
    ("Polish", "Kolacja 24.11.2026 kosztuje 120 zł, szkoda że bez ciebie"),
    ("Czech, Slovak", "Večeře 24.11.2026 stojí 350 Kč, jedeme Škodou"),
    ("Hungarian", "A vacsora 2026-11-24 lesz, 12 fő"),
    ("Croatian, Serbian, Slovene", "Večera 24.11.2026 stoji 35 €"),
    ("Turkish", "24.11.2026 tarihli akşam yemeği 350 TL"),
    ("Greek", "Το δείπνο στις 24.11.2026 κοστίζει 35 €"),
    ("Russian", "Ужин 24.11.2026 стоит 350 р., доход за период растёт"),
    ("Ukrainian", "Вечеря 24.11.2026 коштує 350 грн"),
    ("Arabic", "العشاء يوم 24.11.2026 وسعره 35 دولارا"),
    ("Persian", "شام در تاریخ 24.11.2026 برای 12 نفر"),
    ("Hebrew", "ארוחת ערב ב-24.11.2026, 12 אנשים"),
    ("Hindi", "24.11.2026 को रात का खाना, 12 लोग"),
    ("Thai", "อาหารเย็นวันที่ 24.11.2026 ราคา 350 บาท"),
    ("Vietnamese", "Bữa tối ngày 24.11.2026 giá 350 nghìn"),
    ("Indonesian, Malay", "Makan malam 24.11.2026 untuk 12 orang"),
    ("Chinese, simplified", "2026年11月24日晚餐，每人120元"),
    ("Chinese, traditional", "2026年11月24日晚餐，每人120元，歡迎參加"),
    ("Japanese", "2026年11月24日の夕食、一人3500円です"),
    ("Korean", "2026년 11월 24일 저녁 식사, 1인 3500원"),
]


def masked(text):
    """Mask a text that is all of its message."""
    return mask(text, of_codes=talks_of_codes(text))


def test_every_language_of_the_table_is_tested():
    """With what must be masked, and with what must not."""
    assert {language for language, *_ in SECRETS} == LANGUAGES.keys()
    assert [language for language, _ in ORDINARY] == list(LANGUAGES)


@pytest.mark.parametrize(("language", "text", "secret"), SECRETS)
def test_what_is_said_to_be_a_password_or_a_code_is_masked(language, text, secret):
    """In each language: behind a colon, behind its "is", or by itself; a number that could be a year, too."""
    assert secret in text
    assert secret not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize(("language", "text"), ORDINARY)
def test_ordinary_sentences_stay_readable(language, text):
    """In each language: dates, prices, and words that only look like one for a code."""
    assert not talks_of_codes(text)
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456 is your verification code", "123456"),
        ("Your code is 4711", "4711"),
        ("G-482913 is your Google verification code", "482913"),
        ("Use 123 456 to sign in", "123 456"),
        ("Use 123-456 to log in", "123-456"),
        ("Ihr Bestätigungscode lautet 98 76 54", "98 76 54"),
        ("Ihre TAN: 654321", "654321"),
        ("Your one-time passcode: X7K9QP", "X7K9QP"),
        ("Your code is QWERTZ", "QWERTZ"),
        ("Login code AB12-CD34", "AB12-CD34"),
        ("Votre code est 445566.", "445566"),
        ("Su código es 8899", "8899"),
        ("您的验证码是382910，请勿泄露", "382910"),
        ("認証コード：382910", "382910"),
        ("Ваш код: 5544", "5544"),
        ("код ٤٥٦٧٨٩", "٤٥٦٧٨٩"),
        ("１２３４５６ が確認コードです", "１２３４５６"),
        ("Order 84731234 has shipped", "84731234"),
        ("XKC-DQZ is your login code", "XKC-DQZ"),
        ("QWERTZ är din kod", "QWERTZ"),
        ("482\u2013913 is your code", "913"),
        ("Your code is 4821 913", "913"),
        ("Your code: 123 456 789 012", "012"),
        ("Password: S0mm3r!2024#x", "x"),
        ("Your password is \u201csun,flower\u201d", "flower"),
        ("Your token: " + "Ab3" * 30, "Ab3"),
    ],
)
def test_codes_are_masked(text, code):
    """Codes in the shapes in which people get them."""
    assert code not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize("part", [" ", "-", ".", "•", "·", "\u2013", "\u2014", "\u2011", " - ", " • ", " · "])
def test_a_code_may_be_parted(part):
    """By spaces, dashes, dots or bullets, digit by digit or in groups, of digits or of digits and letters."""
    for groups in (["482", "913"], list("482913"), ["48", "29", "13"], ["AB1", "CD2"], ["X7K", "9QP"]):
        text = f"{part.join(groups)} is your code"
        assert masked(text) == f"{MASK} is your code"


@pytest.mark.parametrize("part", ["", " ", "-", "•", "·", "\u2013"])
def test_numbers_of_four_digits_and_more_are_masked_in_any_message(part):
    """Four digits are a code for all we know, three are not, and a year or a date is none."""
    assert mask(f"Anna {part.join('4711')} Berlin", of_codes=False) == f"Anna {MASK} Berlin"
    assert mask(f"Anna {part.join('4711471147')} Berlin", of_codes=False) == f"Anna {MASK} Berlin"
    assert mask(f"Anna {part.join('471')} Berlin", of_codes=False) == f"Anna {part.join('471')} Berlin"
    for text in ("1999", "2026", "24.11.2026", "24-11-26", "2026-11-24"):
        assert mask(text, of_codes=False) == text
    for text in ("1899", "2100", "20266", "2026-11-245"):
        assert MASK in mask(text, of_codes=False)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/reset?token=abc",
        "HTTP://EVIL.example",
        "www.evil.example/x",
        "evil.example/login",
        "click evil.example?a=b",
        "mailto:a@b.example",
        "tg://resolve?domain=x",
        "请访问http://evil.example/reset",
        "evil.xn--p1ai/login",
    ],
)
def test_links_are_masked(text):
    """With a scheme, with www, or with a path: nothing to click, nothing to copy."""
    masked = mask(text, of_codes=False)
    assert LINK in masked
    assert "evil" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "Ihre Buchung in Köln",
        "Re: Sommerfest 2026",
        "Rechnung vom 24.11.2026",
        "Sitzung 2026-11-24",
        "Ihre booking.com Reservierung",
        "3 neue Nachrichten, 120 EUR",
        "Zimmer 12, 2 Personen",
        "2 Gäste · 3 Nächte · 10 Uhr",
        "",
    ],
)
def test_ordinary_subjects_stay_readable(text):
    """Years, dates, small numbers and names of sites are left alone."""
    assert not talks_of_codes(text)
    assert mask(text, of_codes=False) == text


@pytest.mark.parametrize(
    "text",
    [
        "Use this code to sign in",
        "Wijzig het wachtwoord als je wilt",
        "YOUR PASSWORD EXPIRES TODAY",
        "Wrong code. NASA has news",
        "認証コードは10分間有効です",
        "비밀번호는 안전하게 보관하세요",
        "您的密码已更改，如非本人操作请联系客服",
    ],
)
def test_talk_of_codes_that_names_none_stays_readable(text):
    """Words of one language between a word for a code and another word mean nothing in the next."""
    assert talks_of_codes(text)
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Code 482913, Passwort: sonnenblume!", "Code •••, Passwort: •••"),
        ("The password is sonnenblume.", "The password is •••."),
        ("Ihr Passwort: \u201esonnenblume\u201c und mehr", "Ihr Passwort: \u201e••• und mehr"),
        ("Your codes are abcd, efgh", "Your codes are •••, efgh"),
        ("code a b c d: sonnenblume", "code a b c d: •••"),
        ("code a b c d e: sonnenblume", "code a b c d e: sonnenblume"),
        ("code a b c d e f is sonnenblume", "code a b c d e f is •••"),
        ("code a b c d e f g is sonnenblume", "code a b c d e f g is sonnenblume"),
        ("code a b QWERTZ", "code a b •••"),
        ("code a b c QWERTZ", "code a b c QWERTZ"),
        ("the codeNAMES of us", "the codeNAMES of us"),
        ("Wrong code today. NASA has news", "Wrong code today. NASA has news"),
        ("code. " * 11 + "code: sonnenblume", "code. " * 11 + "code: •••"),
        ("code. " * 12 + "code: sonnenblume", "code. " * 12 + "code: sonnenblume"),
        ("code. " * 11 + "пароль: sonnenblume", "code. " * 11 + "пароль: •••"),
        ("password: " + "a" * 63 + "!123456", "password: •••"),
        ("OUR CODE, NASA", "OUR CODE, NASA"),
        ("code: abc", "code: abc"),
        ("A1 B2 code", "••• code"),
        ("A1 B code", "A1 B code"),
        ("AB CD code", "AB CD code"),
        ("a1 b2 code", "a1 b2 code"),
    ],
)
def test_no_more_than_the_secret_is_masked(text, seen):
    """What is far from a word for a code, or too short for one, stays, and so does the sentence."""
    assert masked(text) == seen


def test_the_company_decides():
    """Where another text of the message talks of codes, even a year is masked."""
    assert mask("2026", of_codes=talks_of_codes("2026", "your verification code")) == MASK
    assert mask("2026", of_codes=talks_of_codes("2026", "see you in spring")) == "2026"


@given(st.text(max_size=300))
def test_masking_never_raises_and_never_leaves_a_scheme(text):
    """Any text can be masked; no link with a scheme survives."""
    for of_codes in (True, False):
        assert "https://a" not in mask(f"{text} https://a.example", of_codes=of_codes)


@given(
    st.text(max_size=40), st.sampled_from(["kod: ", "пароль: ", "密码：", "code is "]), st.text(max_size=40)
)
def test_whatever_stands_around_it_a_named_secret_goes(before, name, behind):
    """No neighbour brings back what was said to be the secret."""
    assert "sonnenblume" not in mask(f"{before} {name}sonnenblume {behind}", of_codes=True)
