"""The words that passwords are most often made of: one with digits or marks around it is refused."""

_WORDS = """
    password passwort contrasena contraseña motdepasse wachtwoord kennwort passwordpassword mypassword
    newpassword passphrase letmein letmeinnow letmeinplease welcome welcomeback opensesame trustno
    changeme changethis changemenow changeit default secret secrets topsecret secretsecret supersecret
    administrator admin adminadmin rootroot superuser superadmin testtest testing testtesttest temporary
    temppassword guest guestguest qwerty qwertyuiop qwertzuiop azertyuiop asdfghjkl zxcvbnm qwertyqwerty
    qazwsx qazwsxedc qwerasdf qwerasdfzxcv asdfasdf asdfghjk zaqxsw zaqwsx poiuytrewq mnbvcxz lkjhgfdsa
    abcdefgh abcdefghij abcdefghijk abcabcabc abcdabcd aabbccdd iloveyou iloveyouso iloveme loveyou
    lovelove lovelife lovely sweetheart babygirl babyboy princess sunshine sunflower rainbow butterfly
    chocolate strawberry blueberry cheesecake football baseball basketball volleyball softball soccer
    liverpool liverpoolfc manchester manchesterunited chelsea barcelona realmadrid juventus yankees
    lakers superman batman spiderman ironman wonderwoman starwars pokemon pikachu minecraft fortnite
    monkey monkeymonkey dragon dragonball shadow master masterkey hunter killer michael jennifer jessica
    jordan ashley thomas robert charlie andrew daniel matthew joshua nicole michelle samantha alexander
    christopher elizabeth victoria computer internet samsung samsunggalaxy google facebook instagram
    whatsapp microsoft windows mustang mercedes ferrari harleydavidson summer summertime winter
    springtime autumn january february september october november december monday friday saturday sunday
    freedom america australia california newyork newyorkcity london washington whatever nothing
    something anything helloworld hellohello hellokitty goodmorning godisgood jesuschrist booking
    bookings infra reservation correcthorsebatterystaple
"""

COMMON = frozenset(_WORDS.split())

ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1234qwerasdfzxcv",
    "112233445566778899",
    "123123123123",
    "121212121212",
    "qweasdzxc123",
)
"""As fingers run over a keyboard, both ways."""
