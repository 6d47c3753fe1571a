package dev.reslora.nn;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs TorchScript source into the archive that libtorch loads: a stored zip of an empty object of
 * class {@code __torch__.Kernel}, whose methods are the sources one after the other.
 */
final class ScriptArchive {

  private static final String HEADER =
      "class Kernel(Module):\n  __parameters__ = []\n  __buffers__ = []\n";

  /** PROTO 2, GLOBAL, EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, BUILD, STOP. */
  private static final byte[] OBJECT =
      "\u0080\u0002c__torch__\nKernel\n)\u0081}b.".getBytes(StandardCharsets.ISO_8859_1);

  private static final byte[] NO_CONSTANTS = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

  /** Operator versions: 10 has gelu's approximation. */
  private static final byte[] FORMAT = "10\n".getBytes(StandardCharsets.US_ASCII);

  private ScriptArchive() {}

  /**
   * The archive of the named sources, resources beside this class without their ending.
   *
   * @throws IllegalArgumentException when there is no such resource
   */
  static byte[] of(String... sources) {
    StringBuilder code = new StringBuilder(HEADER);
    for (String source : sources) {
      code.append(text(source));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "m/data.pkl", OBJECT);
      store(zip, "m/code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
      store(zip, "m/constants.pkl", NO_CONSTANTS);
      store(zip, "m/version", FORMAT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String text(String source) {
    try (InputStream in = ScriptArchive.class.getResourceAsStream(source + ".py")) {
      if (in == null) {
        throw new IllegalArgumentException("no kernel source " + source + ".py");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setTime(0);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
