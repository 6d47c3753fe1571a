package dev.reslora.pipeline.local;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiPredicate;

/** The source of a mail by its folder, list and subject; the first rule that fits. */
final class MailLabel {

  private static final List<Rule> RULES =
      List.of(
          new Rule("spam", (folder, mail) -> folder.startsWith("spam")),
          new Rule("fork", (folder, mail) -> list(mail).contains("fork.xent")),
          new Rule("rpm", (folder, mail) -> list(mail).contains("<rpm-")),
          new Rule("exmh", (folder, mail) -> list(mail).contains("<exmh")),
          new Rule("ilug", (folder, mail) -> inAny(list(mail), ".linux.ie", "iiu.taint.org")),
          new Rule("zteana", (folder, mail) -> subject(mail).contains("zzzzteana")),
          new Rule("antispam", (folder, mail) -> isAboutSpamFilters(mail)),
          new Rule("rss", (folder, mail) -> mail.from().contains("rssfeeds@")),
          new Rule("newsletter", (folder, mail) -> isNewsletter(folder, mail)));

  private record Rule(String label, BiPredicate<String, Mail> fits) {}

  private MailLabel() {}

  /** Empty for the few mails of no source that lasts. */
  static Optional<String> of(String folder, Mail mail) {
    return RULES.stream()
        .filter(rule -> rule.fits().test(folder, mail))
        .map(Rule::label)
        .findFirst();
  }

  private static boolean isAboutSpamFilters(Mail mail) {
    return inAny(list(mail), "razor-", "spamassassin-", "spambayes")
        || subject(mail).contains("[spambayes");
  }

  private static boolean isNewsletter(String folder, Mail mail) {
    return folder.startsWith("hard-ham") || subject(mail).startsWith("[use perl]");
  }

  private static String list(Mail mail) {
    return mail.listId().toLowerCase(Locale.ROOT);
  }

  private static String subject(Mail mail) {
    return mail.subject().toLowerCase(Locale.ROOT);
  }

  private static boolean inAny(String text, String... parts) {
    return List.of(parts).stream().anyMatch(text::contains);
  }
}
