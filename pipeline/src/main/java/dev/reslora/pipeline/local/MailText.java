package dev.reslora.pipeline.local;

import java.util.regex.Pattern;

/** Subject and body without what would give the source away or is no language. */
final class MailText {

  /** A model of 512 tokens does not see more, and a mail may be megabytes long. */
  private static final int LONGEST = 4_000;

  private static final Pattern LIST_TAG = Pattern.compile("\\[[\\w .-]{2,30}\\]");
  private static final Pattern REPLY = Pattern.compile("(?i)\\b(?:re|fwd?)\\s*:\\s*");
  private static final Pattern URL = Pattern.compile("(?i)\\b(?:https?|ftp)://\\S+|\\bwww\\.\\S+");
  private static final Pattern QUOTE = Pattern.compile("(?m)^[ \\t]*(?:[>|][ \\t]?)+");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private MailText() {}

  static String of(Mail mail) {
    String subject = LIST_TAG.matcher(mail.subject()).replaceAll(" ");
    subject = REPLY.matcher(subject).replaceAll("");
    String body = QUOTE.matcher(mail.body()).replaceAll("");
    body = URL.matcher(body).replaceAll(" ");
    String text = SPACE.matcher(subject + "\n" + body).replaceAll(" ").strip();
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
  }
}
