package dev.reslora.training;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A classifier's labels in the order in which the stream brought them; row i is label i. */
final class Labels {

  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> rows = new HashMap<>();
  private int bytes;

  boolean contains(String label) {
    return rows.containsKey(label);
  }

  int size() {
    return names.size();
  }

  /** UTF-8 bytes of all of them. */
  int bytes() {
    return bytes;
  }

  /** The label's row, a new one where it was not known. */
  int row(String label) {
    return rows.computeIfAbsent(
        label,
        name -> {
          names.add(name);
          bytes += bytes(name);
          return names.size() - 1;
        });
  }

  static int bytes(String label) {
    return label.getBytes(StandardCharsets.UTF_8).length;
  }

  List<String> names() {
    return List.copyOf(names);
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(names.size());
    for (String name : names) {
      out.writeUTF(name);
    }
  }

  static Labels read(DataInput in) throws IOException {
    Labels labels = new Labels();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      labels.row(in.readUTF());
    }
    return labels;
  }
}
