"""Each word of the table does what it is there for, in its own language."""

from typing import NamedTuple

import pytest

from notify.code_words import LANGUAGES
from notify.mask import MASK, mask, talks_of_codes


class Sample(NamedTuple):
    """One language as people write it: what names a secret, what stands between, what talks of codes."""

    names: str
    copulas: str = ""
    talk: str = ""


SAMPLES = {
    "English": Sample(
        "code|password|passwd|passphrase|passkey|access key|security key|recovery key|secret key"
        "|pin|otp|puk|mfa|2fa|token",
        "is|are",
        "please verify it's you|your pass-through|one-time use|onetime link|authenticator|your login"
        "|log-in from|please log in|signin link|new sign-in|please sign in",
    ),
    "German": Sample(
        "Freischaltcode|Passwort|Kennwort|Losungswort|Zugangsschlüssel|Zugriffsschlüssel|PIN|TAN|OTP|PUK|Token",
        "ist|lautet",
        "zur einmaligen Nutzung|Bestätigung nötig|Sicherheitsfrage|Ihr Zugang|Neue Anmeldung",
    ),
    "French": Sample(
        "code|mot de passe|mots de passe|clé d'accès|clef d'accès|clé de sécurité|pin|otp",
        "est",
        "vérifiez|authentification|connectez-vous",
    ),
    "Spanish": Sample(
        "código|codigo|contraseña|contrasena|llave de acceso|clave|claves|pin|otp|token",
        "es",
        "al iniciar sesión|inicie sesión|inicia sesión",
    ),
    "Catalan": Sample("contrasenya|clau d'accés|codi|codis", "és"),
    "Portuguese": Sample(
        "código|codigo|palavra-passe|palavra passe|chave de acesso|senha|senhas|pin|token",
        "é",
        "para iniciar sessão|inicie sessão",
    ),
    "Italian": Sample(
        "codice|codici|password|parola d'ordine|parola d'accesso|chiave d'accesso|chiave di accesso"
        "|pin|otp|token",
        "è",
    ),
    "Romanian": Sample("parolă|codul|cod de acces|cheie de acces|cheia de acces|parola", "este|e"),
    "Dutch": Sample(
        "activeringscode|wachtwoord|toegangssleutel|pin",
        "is|luidt",
        "nieuwe inlogpoging|eenmalig te gebruiken",
    ),
    "Swedish": Sample(
        "lösenordet|losenordet|åtkomstnyckeln|kod|koden|koder|pin|portkod|portkoden",
        "är|lyder",
        "för engångsbruk|logga in|ny inloggning",
    ),
    "Danish": Sample(
        "password|kodeord|adgangsnøgle|kode|koden|koder|pin|adgangskode|adgangskoden",
        "er|lyder",
        "til engangsbrug|log ind",
    ),
    "Norwegian": Sample(
        "passordet|tilgangsnøkkelen|kode|koden|koder|pin|sikkerhetskode|sikkerhetskoden",
        "er|lyder",
        "til engangsbruk|logg inn|for å logge inn",
    ),
    "Finnish": Sample(
        "salasana|vahvistuskoodi|tunnusluku|tunnusluvut|käyttöavain|pääsyavain|pin",
        "on",
        "kertakäyttöinen|kirjaudu sisään",
    ),
    "Polish": Sample(
        "hasło|haslo|klucz dostępu|klucza dostępu|kod|kodu|kodem|kody|pin",
        "to|jest",
        "weryfikacja|jednorazowy|zaloguj się|nowe logowanie",
    ),
    "Czech, Slovak": Sample(
        "heslo|kód|přístupový klíč|prístupový kľúč|pin",
        "je|zní|znie",
        "ověřování|overovacie|jednorázový|přihlásit|přihlašte se|prihlásenie",
    ),
    "Hungarian": Sample("jelszó|jelszava|kódja|hozzáférési kulcs", "", "új bejelentkezés"),
    "Croatian, Serbian, Slovene": Sample(
        "lozinka|zaporka|pristupni ključ|лозинка|шифра|kod|kôd|koda|geslo|gesla", "je|\u0458\u0435"
    ),
    "Turkish": Sample(
        "şifreniz|sifreniz|kodunuz|parolanız|parolası|erişim anahtarı|parola|kod|kodu|kodun|kodunu|pin",
        "",
        "doğrulama|tek kullanımlık",
    ),
    "Greek": Sample("κωδικός|συνθηματικό|κλειδί πρόσβασης", "είναι", "επαλήθευση"),
    "Russian": Sample("пароль|код|ключ доступа", "-|\u2013|\u2014", "подтвердите|подтверждение|одноразовая"),
    "Ukrainian": Sample(
        "пароль|код|ключ доступу", "-|\u2013|\u2014", "підтвердіть|підтвердження|одноразовий"
    ),
    "Arabic": Sample("رمز|كلمة المرور|كلمة السر|مفتاح الوصول", "هو|هي"),
    "Persian": Sample("رمز|گذرواژه|کلید دسترسی|کد"),
    "Hebrew": Sample("קוד|סיסמה|מפתח גישה", "הוא|היא"),
    "Hindi": Sample("कोड|पासवर्ड|एक्सेस कुंजी"),
    "Thai": Sample("รหัส", "คือ"),
    "Vietnamese": Sample(
        "mật khẩu|mật mã|mat khau|khóa truy cập|khoá truy cập|mã", "là", "xác thực|xác minh|đăng nhập"
    ),
    "Indonesian, Malay": Sample("kata sandi|kata laluan|kunci akses|kode|kod", "adalah|ialah"),
    "Chinese, simplified": Sample(
        "密码|验证|口令|密钥|代码|动态码|校验码|激活码|提取码|授权码|安全码|登录码", "是|为", "新的登录"
    ),
    "Chinese, traditional": Sample(
        "密碼|驗證|金鑰|密鑰|代碼|動態碼|校驗碼|啟用碼|授權碼|安全碼|通行碼", "是|為", "新的登入|新的登錄"
    ),
    "Japanese": Sample(
        "パスワード|パスコード|暗証番号|コード|認証|アクセスキー|合言葉",
        "は",
        "新しいログイン|サインイン|ワンタイム",
    ),
    "Korean": Sample("비밀번호|암호|코드|인증|패스워드|액세스 키|접근 키|접속 키", "는|은", "새로운 로그인"),
}
# They stand in front of the secret without a space.
GLUED = {"Thai", "Chinese, simplified", "Chinese, traditional", "Japanese", "Korean"}


def parted(words):
    """Return the words between bars."""
    return [word for word in words.split("|") if word]


@pytest.mark.parametrize("language", SAMPLES)
def test_each_name_of_a_secret_masks_what_follows(language):
    """Behind a colon, and behind each of the words with which this language says "is"."""
    names, copulas, _ = SAMPLES[language]
    for name in parted(names):
        assert talks_of_codes(f"({name})")
        assert mask(f"{name}: sunflower!", of_codes=True) == f"{name}: {MASK}"
        for copula in parted(copulas):
            said = f"{name}{copula}" if language in GLUED else f"{name} {copula} "
            assert mask(f"{said}sunflower", of_codes=True) == f"{said}{MASK}"


@pytest.mark.parametrize("language", SAMPLES)
def test_talk_of_codes_is_known_without_a_name(language):
    """Logging in, verifying, being used once."""
    for talk in parted(SAMPLES[language].talk):
        assert talks_of_codes(talk), talk


def test_no_word_of_the_table_is_without_a_sample():
    """A word that nobody tries could be misspelt."""
    assert SAMPLES.keys() == LANGUAGES.keys()
    for language, words in LANGUAGES.items():
        names, copulas, talk = (text.lower() for text in SAMPLES[language])
        assert {*parted(words.copulas), *parted(words.glued)} == {*parted(copulas)}
        assert {*parted(words.words)} <= {*parted(names)}
        for stem in parted(f"{words.stems}|{words.endings}"):
            assert any(stem in name for name in parted(names)), stem
        for around in parted(words.around):
            assert any(around in each for each in parted(talk)), around
