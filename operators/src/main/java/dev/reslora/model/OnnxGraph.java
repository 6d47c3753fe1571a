package dev.reslora.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an ONNX file says about weights: its initializers, and the nodes that tell which projection
 * an anonymous one belongs to.
 */
final class OnnxGraph {

  private final String file;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, List<Node>> consumers = new HashMap<>();
  private final SortedMap<String, OnnxTensor> tensors = new TreeMap<>();

  private OnnxGraph(String file) {
    this.file = file;
  }

  /**
   * @param file for messages
   * @param model the bytes of a ModelProto
   * @throws ModelFileException when they are not one, or its weights lie elsewhere
   */
  static OnnxGraph parse(String file, ByteBuffer model) throws IOException {
    OnnxGraph graph = new OnnxGraph(file);
    ProtobufMessage message = new ProtobufMessage(file, model);
    while (message.next()) {
      if (message.field() == 7) {
        graph.addGraph(message.message());
      }
    }
    if (graph.tensors.isEmpty()) {
      throw new ModelFileException(file, "is not an ONNX model: found no weights");
    }
    return graph;
  }

  private void addGraph(ProtobufMessage message) throws IOException {
    while (message.next()) {
      if (message.field() == 1) {
        addNode(message.message());
      } else if (message.field() == 5) {
        OnnxTensor tensor = OnnxTensor.parse(file, message.message());
        if (tensors.put(tensor.name(), tensor) != null) {
          throw new ModelFileException(file, "tensor '" + tensor.name() + "' is there twice");
        }
      }
    }
  }

  private void addNode(ProtobufMessage message) throws IOException {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    String operation = "";
    while (message.next()) {
      switch (message.field()) {
        case 1 -> inputs.add(message.text());
        case 2 -> outputs.add(message.text());
        case 4 -> operation = message.text();
        default -> {}
      }
    }
    Node node = new Node(operation, inputs, outputs);
    nodes.add(node);
    for (String input : inputs) {
      consumers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
    }
  }

  String file() {
    return file;
  }

  List<Node> nodes() {
    return nodes;
  }

  SortedMap<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** The nodes that read a value. */
  List<Node> consumersOf(String value) {
    return consumers.getOrDefault(value, List.of());
  }

  /**
   * A step of the computation.
   *
   * @param operation ONNX operator, as MatMul
   * @param inputs names of values read, in the operator's order
   * @param outputs names of values written
   */
  record Node(String operation, List<String> inputs, List<String> outputs) {}
}
