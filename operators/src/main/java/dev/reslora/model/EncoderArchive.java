package dev.reslora.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An exported encoder as it is handed about: an ONNX file and its tokenizer, both in a jar or side
 * by side in a directory.
 *
 * @param file for messages
 * @param onnx the ONNX file's bytes
 * @param tokenizer the bytes of its {@code tokenizer.json}
 */
record EncoderArchive(String file, ByteBuffer onnx, byte[] tokenizer) {

  /** The limit of the protobuf format is 2 GiB; encoders of this family are far smaller. */
  private static final int MAX_ONNX = 1 << 30;

  static final int MAX_TOKENIZER = 64 << 20;

  static EncoderArchive read(Path path) throws IOException {
    return path.toString().endsWith(".onnx") ? readFiles(path) : readJar(path);
  }

  private static EncoderArchive readFiles(Path onnx) throws IOException {
    Path named =
        onnx.resolveSibling(onnx.getFileName().toString().replace(".onnx", "-tokenizer.json"));
    Path tokenizer = Files.exists(named) ? named : onnx.resolveSibling("tokenizer.json");
    if (!Files.exists(tokenizer)) {
      throw new ModelFileException(onnx, "has no " + tokenizer.getFileName() + " beside it");
    }
    try (InputStream model = Files.newInputStream(onnx);
        InputStream vocabulary = Files.newInputStream(tokenizer)) {
      return new EncoderArchive(
          onnx.toString(),
          ByteBuffer.wrap(bounded(onnx, model, MAX_ONNX)),
          bounded(tokenizer, vocabulary, MAX_TOKENIZER));
    }
  }

  private static EncoderArchive readJar(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return new EncoderArchive(
          jar.toString(),
          ByteBuffer.wrap(entry(jar, zip, ".onnx", MAX_ONNX)),
          entry(jar, zip, "tokenizer.json", MAX_TOKENIZER));
    } catch (ZipException e) {
      throw new ModelFileException(jar, "is not a jar: " + e.getMessage(), e);
    }
  }

  private static byte[] entry(Path jar, ZipFile zip, String suffix, int limit) throws IOException {
    List<? extends ZipEntry> found =
        zip.stream().filter(each -> each.getName().endsWith(suffix)).toList();
    if (found.size() != 1) {
      throw new ModelFileException(
          jar, "has " + found.size() + " files *" + suffix + ", expected one");
    }
    try (InputStream in = zip.getInputStream(found.get(0))) {
      return bounded(jar, in, limit);
    }
  }

  private static byte[] bounded(Path file, InputStream in, int limit) throws IOException {
    byte[] bytes = in.readNBytes(limit);
    if (in.read() >= 0) {
      throw new ModelFileException(file, "holds more than " + limit + " bytes in one file");
    }
    return bytes;
  }
}
