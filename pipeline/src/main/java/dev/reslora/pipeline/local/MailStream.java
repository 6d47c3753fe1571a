package dev.reslora.pipeline.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One person's mail of the second half of 2002: spam and eight sources of legitimate mail, which of
 * them is it? Sources come and go (the feeds that become the largest class do not exist before
 * September), so a model that stops learning ends up wrong most of the time.
 *
 * <p>The SpamAssassin public corpus, which may be used but not passed on: {@link MailArchive}
 * fetches it. Ordered by UTC day, and within a day by digest: in raw order of arrival repeating the
 * label before is right for 70 %, so for 35 %.
 */
final class MailStream {

  private static final Instant BEGIN = Instant.parse("2002-07-01T00:00:00Z");

  private MailStream() {}

  /** Reads the corpus from the cache; fetches it with npm when it is not there. */
  static LabeledStream open(String adapterId, Path cache) throws IOException {
    List<Dated> mails = new ArrayList<>();
    MailArchive.in(cache)
        .forEachMail(
            (folder, name, bytes) -> label(folder, name, bytes, adapterId).ifPresent(mails::add));
    mails.sort(Comparator.comparing(Dated::day).thenComparing(Dated::digest));
    return new ListedStream(
        "SpamAssassin mail of July to December 2002, 9 sources",
        mails.stream().map(Dated::example).toList());
  }

  private static Optional<Dated> label(String folder, String name, byte[] bytes, String adapterId) {
    return Mail.parse(bytes)
        .filter(mail -> !mail.time().isBefore(BEGIN))
        .flatMap(
            mail ->
                MailLabel.of(folder, mail)
                    .map(label -> dated(folder + "/" + name, mail, label, adapterId)))
        .filter(dated -> !dated.example().text().isEmpty());
  }

  private static Dated dated(String id, Mail mail, String label, String adapterId) {
    String text = MailText.of(mail);
    return new Dated(new LabeledExample(adapterId, id, mail.time(), text, label), Md5.hex(text));
  }

  private record Dated(LabeledExample example, String digest) {

    LocalDate day() {
      return example.eventTime().atZone(ZoneOffset.UTC).toLocalDate();
    }
  }
}
