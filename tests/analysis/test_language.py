"""Language: what counts as English, on short texts, mixed sides and ten other languages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from cvi.analysis import language

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLE = Path(os.environ.get("CVI_SHARED_DATA") or _BESIDE) / "dev_sample" / "sample.jsonl"

OTHERS = {
    "de": """Wir bauen eine Plattform für kleine Handwerksbetriebe und suchen noch Investoren.
Guten Morgen, ich habe eine Frage zu meiner letzten Rechnung vom März.
Unsere Kunden kündigen oft nach drei Monaten, und wir verstehen nicht warum.
Können Sie mir bitte erklären, wie ich das Produkt besser erkläre?
Der Preis ist zu hoch, sagen die meisten, mit denen wir gesprochen haben.
Ich möchte einen Termin für nächsten Dienstag um zehn Uhr vereinbaren.
Das Team besteht aus vier Personen, zwei davon arbeiten von zu Hause.
Vielen Dank für die Hilfe, das war wirklich sehr nützlich für mich.
Wie lange dauert es normalerweise, bis eine Antwort vom Amt kommt?
Meine Tochter geht seit dem Sommer in die Schule und lernt gerade lesen.""",
    "es": """Estamos creando una aplicación para pequeños comercios de barrio en Madrid.
Buenos días, tengo una pregunta sobre la última factura que me llegó.
Nuestros clientes se van después de tres meses y no sabemos por qué.
¿Me puede explicar cómo debería presentar el producto a los inversores?
La mayoría de la gente dice que el precio es demasiado alto para ellos.
Quisiera pedir una cita para el martes que viene a las diez de la mañana.
El equipo tiene cuatro personas y dos de ellas trabajan desde casa.
Muchas gracias por la ayuda, de verdad me ha servido mucho.
¿Cuánto tiempo suele tardar la respuesta de la oficina?
Mi hija empezó la escuela este verano y ahora está aprendiendo a leer.""",
    "fr": """Nous développons une application pour les petits commerçants de quartier.
Bonjour, j'ai une question au sujet de ma dernière facture du mois de mars.
Nos clients partent souvent après trois mois et nous ne savons pas pourquoi.
Pouvez-vous m'expliquer comment présenter le produit aux investisseurs ?
La plupart des gens disent que le prix est beaucoup trop élevé.
Je voudrais prendre rendez-vous mardi prochain à dix heures du matin.
L'équipe compte quatre personnes, dont deux travaillent à la maison.
Merci beaucoup pour votre aide, c'était vraiment très utile pour moi.
Combien de temps faut-il en général pour recevoir une réponse ?
Ma fille va à l'école depuis cet été et elle apprend à lire.""",
    "ja": """私たちは小さなお店のためのアプリを作っていて、投資家を探しています。
おはようございます。先月の請求書について質問があるのですが。
お客様の多くが三か月ほどで解約してしまい、理由が分かりません。
製品をどのように説明すればよいか教えていただけますか。
話を聞いた人のほとんどが、値段が高すぎると言っています。
来週の火曜日の午前十時に予約を取りたいのですが、空いていますか。
チームは四人で、そのうち二人は自宅で仕事をしています。
助けてくださって本当にありがとうございました。とても役に立ちました。
役所から返事が来るまで、ふつうどのくらい時間がかかりますか。
娘はこの夏から学校に通い始めて、今は字を習っているところです。""",
    "ar": """نحن نبني تطبيقا للمتاجر الصغيرة ونبحث عن مستثمرين جدد هذا العام.
صباح الخير، لدي سؤال حول الفاتورة الأخيرة التي وصلتني في مارس.
كثير من عملائنا يغادرون بعد ثلاثة أشهر ولا نعرف السبب حتى الآن.
هل يمكنك أن تشرح لي كيف أعرض المنتج على المستثمرين؟
معظم الناس الذين تحدثنا معهم يقولون إن السعر مرتفع جدا.
أريد أن أحجز موعدا يوم الثلاثاء القادم في الساعة العاشرة صباحا.
الفريق مكون من أربعة أشخاص واثنان منهم يعملان من المنزل.
شكرا جزيلا على المساعدة، لقد كانت مفيدة جدا بالنسبة لي.
كم من الوقت يستغرق عادة وصول الرد من المكتب؟
ابنتي بدأت المدرسة هذا الصيف وهي تتعلم القراءة الآن.""",
    "pt": """Estamos criando um aplicativo para pequenas lojas de bairro em São Paulo.
Bom dia, tenho uma dúvida sobre a última conta que recebi em março.
Nossos clientes vão embora depois de três meses e não sabemos por quê.
Você pode me explicar como devo apresentar o produto aos investidores?
A maioria das pessoas diz que o preço está alto demais para elas.
Gostaria de marcar uma consulta para a próxima terça às dez da manhã.
A equipe tem quatro pessoas e duas delas trabalham em casa.
Muito obrigada pela ajuda, foi realmente muito útil para mim.
Quanto tempo costuma demorar até chegar uma resposta do escritório?
Minha filha começou a escola neste verão e está aprendendo a ler.""",
    "hi": """हम छोटी दुकानों के लिए एक ऐप बना रहे हैं और निवेशक ढूँढ रहे हैं।
नमस्ते, मुझे अपने पिछले बिल के बारे में एक सवाल पूछना है।
हमारे ग्राहक तीन महीने बाद चले जाते हैं और हमें कारण नहीं पता।
क्या आप बता सकते हैं कि निवेशकों को उत्पाद कैसे दिखाना चाहिए?
ज़्यादातर लोग कहते हैं कि कीमत बहुत ज़्यादा है।
मैं अगले मंगलवार सुबह दस बजे का समय लेना चाहता हूँ।
टीम में चार लोग हैं और उनमें से दो घर से काम करते हैं।
मदद के लिए बहुत धन्यवाद, यह मेरे लिए सच में उपयोगी था।
दफ़्तर से जवाब आने में आम तौर पर कितना समय लगता है?
मेरी बेटी इस गर्मी से स्कूल जा रही है और पढ़ना सीख रही है।""",
    "zh": """我们正在为社区里的小商店开发一个手机应用，现在需要寻找新的投资人。
早上好，我想问一下上个月寄给我的那张账单为什么比平时高这么多。
我们的很多客户在三个月之后就离开了，可是我们一直不知道原因在哪里。
您能不能给我讲一讲应该怎样向投资人介绍我们公司的这个产品呢？
我们采访过的大多数人都说这个价格对他们来说实在是太高了一点。
我想预约下个星期二上午十点钟的时间，请问那个时候您有空吗？
我们的团队一共只有四个人，其中有两个人平时都是在家里工作的。
非常感谢您的帮助，今天谈的这些内容对我来说真的非常有用。
一般来说从提交申请到收到办公室的答复大概需要等多长的时间？
我的女儿今年夏天开始上学了，现在她每天晚上都在学习认字读书。""",
    "it": """Stiamo costruendo un'applicazione per i piccoli negozi di quartiere.
Buongiorno, ho una domanda sull'ultima bolletta che ho ricevuto a marzo.
I nostri clienti se ne vanno dopo tre mesi e non capiamo il perché.
Mi può spiegare come dovrei presentare il prodotto agli investitori?
La maggior parte delle persone dice che il prezzo è troppo alto.
Vorrei prendere un appuntamento per martedì prossimo alle dieci.
La squadra è di quattro persone e due di loro lavorano da casa.
Grazie mille per l'aiuto, è stato davvero molto utile per me.
Quanto tempo ci vuole di solito per ricevere una risposta?
Mia figlia ha iniziato la scuola quest'estate e sta imparando a leggere.""",
    "tr": """Küçük dükkanlar için bir uygulama geliştiriyoruz ve yatırımcı arıyoruz.
Günaydın, mart ayında gelen son faturam hakkında bir sorum var.
Müşterilerimiz üç ay sonra ayrılıyor ve nedenini bilmiyoruz.
Ürünü yatırımcılara nasıl anlatmam gerektiğini açıklar mısınız?
Konuştuğumuz insanların çoğu fiyatın çok yüksek olduğunu söylüyor.
Gelecek salı sabah saat on için bir randevu almak istiyorum.
Ekibimiz dört kişiden oluşuyor ve ikisi evden çalışıyor.
Yardımınız için çok teşekkür ederim, gerçekten çok işime yaradı.
Daireden cevap gelmesi genellikle ne kadar sürüyor acaba?
Kızım bu yaz okula başladı ve şimdi okumayı öğreniyor.""",
}


def turns(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["conversation_id", "role", "text"])
    return frame.astype({"conversation_id": "str", "role": "str", "text": "str"})


@pytest.mark.parametrize("code", OTHERS)
def test_no_paragraph_of_another_language_counts_as_english(code: str) -> None:
    said = OTHERS[code].splitlines()
    frame = turns(*((f"c{at}", "user", text) for at, text in enumerate(said)))
    assert len(said) == 10
    assert not language.english(frame).any()
    assert (language.detect(frame) == code).sum() >= 9


def test_the_user_is_heard_and_not_the_assistant() -> None:
    frame = turns(
        ("a", "assistant", "Welcome back! What would you like to talk about in this session?"),
        ("a", "user", OTHERS["de"].splitlines()[0]),
    )
    assert language.detect(frame).to_dict() == {"a": "de"}


def test_everybody_is_heard_when_the_user_says_little() -> None:
    frame = turns(
        ("a", "assistant", "Shall we go through the pricing page together this morning?"),
        ("a", "user", "Yes"),
    )
    assert language.detect(frame).to_dict() == {"a": "en"}


@pytest.mark.parametrize(
    ("text", "english"),
    [("Yes, exactly", True), ("はい、そうです", False), ("", True), (None, True), ("42 👍", True)],
)
def test_too_little_text_is_undetermined_and_english_when_ascii(
    text: str | None, english: bool
) -> None:
    frame = turns(("a", "user", text))
    assert language.detect(frame).tolist() == ["und"]
    assert language.english(frame).tolist() == [english]


def test_the_rule_for_english() -> None:
    assert language.is_english("en", "naïve café")
    assert language.is_english("und", "ok :)")
    assert not language.is_english("und", "Привет")
    assert not language.is_english("de", "ok")


def test_one_row_a_conversation_in_order_of_first_appearance() -> None:
    frame = turns(("b", "user", "hi"), ("a", "user", "ho"), ("b", "user", "hm"))
    assert language.detect(frame).index.tolist() == ["b", "a"]
    assert language.english(frame).index.name == "conversation_id"


def test_no_turns_give_empty_series() -> None:
    assert language.detect(turns()).dtype == "str"
    assert language.english(turns()).dtype == "bool"


def test_only_the_beginning_of_a_long_conversation_is_read() -> None:
    rows = [("a", "user", "We talked to the investors about the next round. " * 20)] * 2
    frame = turns(*rows, *[("a", "user", OTHERS["fr"])] * 50)
    assert language.detect(frame).tolist() == ["en"]


@pytest.mark.skipif(
    not SAMPLE.is_file(),
    reason="the real conversations are absent (set CVI_SHARED_DATA to their folder)",
)
def test_real_english_conversations_are_called_english() -> None:
    with SAMPLE.open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    rows = [(x["id"], turn["role"], turn["content"]) for x in found for turn in x["transcript"]]
    assert language.english(turns(*rows)).mean() > 0.99
