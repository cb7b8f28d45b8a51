"""Words for passwords, access keys and codes, by language.

In lower case, in NFC, with straight apostrophes, parted by bars. Each is searched for in every alert's texts,
and one that people use for other things, too, costs a reader their numbers.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """What one language calls a password, a passcode, an access key or a code.

    `stems` count anywhere in a text, `words` alone, `endings` at the end of a compound. `copulas` are words
    that stand between one of these and the secret itself, where no colon does; `glued` ones stand without a
    space. `around` only tells that the talk is of codes: it names none.
    """

    stems: str
    words: str = ""
    endings: str = ""
    copulas: str = ""
    glued: str = ""
    around: str = ""


LANGUAGES = {
    "English": Words(
        "code|passw|passphrase|passkey|access key|security key|recovery key|secret key",
        words="pin|otp|puk|mfa|2fa|token",
        copulas="is|are",
        around="verif|pass-|one-time|onetime|authenti|login|log-in|log in|signin|sign-in|sign in",
    ),
    "German": Words(
        "code|passw|kennwort|losungswort|zugangsschlüssel|zugriffsschlüssel",
        words="pin|tan|otp|puk|token",
        copulas="ist|lautet",
        around="einmal|bestätigung|sicherheits|zugang|anmeld",
    ),
    "French": Words(
        "code|mot de passe|mots de passe|clé d'accès|clef d'accès|clé de sécurité",
        words="pin|otp",
        copulas="est",
        around="vérif|authentifi|connectez-vous",
    ),
    "Spanish": Words(
        "código|codigo|contraseña|contrasena|llave de acceso",
        words="clave|claves|pin|otp|token",
        copulas="es",
        around="iniciar sesión|inicie sesión|inicia sesión",
    ),
    "Catalan": Words("contrasenya|clau d'accés", words="codi|codis", copulas="és"),
    "Portuguese": Words(
        "código|codigo|palavra-passe|palavra passe|chave de acesso",
        words="senha|senhas|pin|token",
        copulas="é",
        around="iniciar sessão|inicie sessão",
    ),
    "Italian": Words(
        "codice|codici|passw|parola d'ordine|parola d'accesso|chiave d'accesso|chiave di accesso",
        words="pin|otp|token",
        copulas="è",
    ),
    "Romanian": Words(
        "parolă|codul|cod de |cheie de acces|cheia de acces",
        words="parola",
        copulas="este|e",
    ),
    "Dutch": Words(
        "code|wachtwoord|toegangssleutel",
        words="pin",
        copulas="is|luidt",
        around="inlog|eenmalig",
    ),
    "Swedish": Words(
        "lösenord|losenord|åtkomstnyckel",
        words="kod|koden|koder|pin",
        endings="kod|koden",
        copulas="är|lyder",
        around="engångs|logga in|inlogg",
    ),
    "Danish": Words(
        "passw|kodeord|adgangsnøgle",
        words="kode|koden|koder|pin",
        endings="kode|koden",
        copulas="er|lyder",
        around="engangs|log ind",
    ),
    "Norwegian": Words(
        "passord|tilgangsnøkkel",
        words="kode|koden|koder|pin",
        endings="kode|koden",
        copulas="er|lyder",
        around="engangs|logg inn|logge inn",
    ),
    "Finnish": Words(
        "salasana|koodi|tunnusluku|tunnusluvu|käyttöavain|pääsyavain",
        words="pin",
        copulas="on",
        around="kertakäyttö|kirjaudu",
    ),
    "Polish": Words(
        "hasł|haslo|klucz dostępu|klucza dostępu",
        words="kod|kodu|kodem|kody|pin",
        copulas="to|jest",
        around="weryfik|jednorazow|zaloguj|logowani",
    ),
    "Czech, Slovak": Words(
        "hesl|kód|přístupový klíč|prístupový kľúč",
        words="pin",
        copulas="je|zní|znie",
        around="ověřov|overovac|jednorázov|přihlás|přihlaš|prihlás",
    ),
    "Hungarian": Words("jelszó|jelszav|kód|hozzáférési kulcs", around="bejelentkez"),
    "Croatian, Serbian, Slovene": Words(
        "lozink|zapork|pristupni ključ|лозинк|шифр",
        words="kod|kôd|koda|geslo|gesla",
        copulas="je|\u0458\u0435",
    ),
    "Turkish": Words(
        "şifre|sifre|kodunuz|parolan|parolas|erişim anahtarı",  # noqa: RUF001 - Turkish
        words="parola|kod|kodu|kodun|kodunu|pin",
        around="doğrulama|tek kullanımlık",  # noqa: RUF001 - Turkish
    ),
    "Greek": Words("κωδικ|συνθηματικ|κλειδί πρόσβασης", copulas="είναι", around="επαλήθευσ"),
    "Russian": Words("парол|код|ключ доступа", copulas="-|\u2013|\u2014", around="подтвер|одноразов"),
    "Ukrainian": Words("парол|код|ключ доступу", copulas="-|\u2013|\u2014", around="підтвер|одноразов"),
    "Arabic": Words("رمز|كلمة المرور|كلمة السر|مفتاح الوصول", copulas="هو|هي"),
    "Persian": Words("رمز|گذرواژه|کلید دسترسی", words="کد"),
    "Hebrew": Words("קוד|סיסמ|מפתח גישה", copulas="הוא|היא"),
    "Hindi": Words("कोड|पासवर्ड|एक्सेस कुंजी"),
    "Thai": Words("รหัส", glued="คือ"),
    "Vietnamese": Words(
        "mật khẩu|mật mã|mat khau|khóa truy cập|khoá truy cập",
        words="mã",
        copulas="là",
        around="xác thực|xác minh|đăng nhập",
    ),
    "Indonesian, Malay": Words(
        "kata sandi|kata laluan|kunci akses", words="kode|kod", copulas="adalah|ialah"
    ),
    "Chinese, simplified": Words(
        "密码|验证|口令|密钥|代码|动态码|校验码|激活码|提取码|授权码|安全码|登录码",
        glued="是|为",
        around="登录",
    ),
    "Chinese, traditional": Words(
        "密碼|驗證|金鑰|密鑰|代碼|動態碼|校驗碼|啟用碼|授權碼|安全碼|通行碼",
        glued="是|為",
        around="登入|登錄",
    ),
    "Japanese": Words(
        "パスワード|パスコード|暗証番号|コード|認証|アクセスキー|合言葉",
        glued="は",
        around="ログイン|サインイン|ワンタイム",
    ),
    "Korean": Words(
        "비밀번호|암호|코드|인증|패스워드|액세스 키|접근 키|접속 키",
        glued="는|은",
        around="로그인",
    ),
}
