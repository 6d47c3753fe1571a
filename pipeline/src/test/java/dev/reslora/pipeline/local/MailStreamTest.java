package dev.reslora.pipeline.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MailStreamTest {

  private static final String LIST_MAIL =
      """
      From someone@example.org  Thu Aug 22 12:36:23 2002
      Received: from a by b; Thu, 22 Aug 2002 07:36:16 -0400 (EDT)
      Received: from c by a; Wed, 21 Aug 2002 07:36:16 -0400
      Date: Tue, 20 Aug 2002 07:36:16 -0400
      From: Someone <someone@example.org>
      Subject: Re: [ILUG] a
        folded subject
      List-Id: Irish Linux Users' Group <ilug.linux.ie>

      > quoted words
      >> twice quoted
      See http://example.org/page?x=1 and answer.
      """;

  @Test
  void takesTheTimeOfTheTopReceivedHeader() {
    assertThat(mail(LIST_MAIL).time()).isEqualTo(Instant.parse("2002-08-22T11:36:16Z"));
  }

  @Test
  void takesTheDateHeaderWhereNothingWasReceived() {
    Mail mail = mail("Date: Fri, 6 Sep 2002 10:00:00 +0100\nSubject: x\n\nbody");
    assertThat(mail.time()).isEqualTo(Instant.parse("2002-09-06T09:00:00Z"));
  }

  @Test
  void passesOverAMailWithoutATime() {
    assertThat(Mail.parse("Subject: x\n\nbody".getBytes(UTF_8))).isEmpty();
  }

  @Test
  void stripsListTagReplyMarkQuotesAndLinks() {
    assertThat(MailText.of(mail(LIST_MAIL)))
        .isEqualTo("a folded subject quoted words twice quoted See and answer.");
  }

  @Test
  void labelsByListThenSenderThenSubject() {
    assertThat(MailLabel.of("easy-ham-1", mail(LIST_MAIL))).contains("ilug");
    assertThat(MailLabel.of("spam-2", mail(LIST_MAIL))).contains("spam");
    assertThat(label("From: fark <rssfeeds@example.org>")).contains("rss");
    assertThat(label("Subject: Re: [zzzzteana] Lights")).contains("zteana");
    assertThat(label("Subject: [use Perl] Headlines")).contains("newsletter");
    assertThat(label("Subject: [Spambayes] test sets?")).contains("antispam");
    assertThat(label("Subject: lunch")).isEmpty();
  }

  @Test
  void readsTheFirstTextOfSeveralPartsAndUndoesItsEncoding() {
    Mail mail =
        mail(
            """
            Date: Fri, 6 Sep 2002 10:00:00 +0100
            Content-Type: multipart/alternative; boundary="cut"

            --cut
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: quoted-printable

            caf=E9 soft=
            wrapped
            --cut
            Content-Type: text/html

            <p>other</p>
            --cut--
            """);
    assertThat(mail.body().strip()).isEqualTo("café softwrapped");
  }

  @Test
  void removesMarkup() {
    Mail mail =
        mail(
            "Date: Fri, 6 Sep 2002 10:00:00 +0100\nContent-Type: text/html\n\n"
                + "<style>p {}</style><b>buy</b> <!-- no -->now");
    assertThat(MailText.of(mail)).isEqualTo("buy now");
  }

  @Test
  void readsAnythingWithoutFailing() {
    Random random = new Random(7);
    byte[] template = LIST_MAIL.getBytes(ISO_8859_1);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = template.clone();
      for (int flips = 0; flips < 20; flips++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      assertThat(Mail.parse(bytes).map(MailText::of)).isNotNull();
    }
  }

  private static Optional<String> label(String header) {
    return MailLabel.of(
        "easy-ham-2", mail("Date: Fri, 6 Sep 2002 10:00:00 +0100\n" + header + "\n\nbody"));
  }

  private static Mail mail(String text) {
    return Mail.parse(text.getBytes(ISO_8859_1)).orElseThrow();
  }
}
