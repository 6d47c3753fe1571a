package dev.reslora.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A small random Llama with a tokenizer that reads every text: byte-level byte pair encoding
 * (Sennrich et al. 2016), trained here on a few sentences.
 */
final class TinyLlama {

  static final int BEGIN = 256;
  static final int END = 257;

  /** The byte-level alphabet gives every byte a character that can be seen; blanks become this. */
  private static final char BLANK = '\u0120';

  private static final int MERGES = 30;
  private static final String SENTENCES =
      "the stream goes on and the model goes on with it, the old words and the new words "
          + "the ship sails on the sea, the train goes on the rails, the stream goes to the sea ";

  private TinyLlama() {}

  static Path write(Path directory) throws IOException {
    int vocabulary = END + 1 + MERGES;
    RandomLlama.of(
            "\"vocab_size\": %d, \"bos_token_id\": %d, \"eos_token_id\": %d, "
                    .formatted(vocabulary, BEGIN, END)
                + "\"num_hidden_layers\": 3, \"tie_word_embeddings\": true")
        .write(directory);
    new ObjectMapper().writeValue(directory.resolve("tokenizer.json").toFile(), tokenizer());
    return directory;
  }

  private static ObjectNode tokenizer() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json =
        (ObjectNode)
            mapper.readTree(
                """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [
                   {"id": 256, "content": "<s>", "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": true},
                   {"id": 257, "content": "</s>", "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": true}],
                 "normalizer": null,
                 "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false,
                   "trim_offsets": true, "use_regex": true},
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}}],
                   "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
                   "special_tokens": {"<s>": {"id": "<s>", "ids": [256], "tokens": ["<s>"]}}},
                 "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true},
                 "model": {"type": "BPE", "dropout": null, "unk_token": null,
                   "continuing_subword_prefix": null, "end_of_word_suffix": null,
                   "fuse_unk": false, "byte_fallback": false, "vocab": {}, "merges": []}}\
                """);
    ObjectNode vocabulary = (ObjectNode) json.at("/model/vocab");
    for (int b = 0; b < 256; b++) {
      vocabulary.put(Character.toString(visible(b)), b);
    }
    vocabulary.put("<s>", BEGIN).put("</s>", END);
    ArrayNode merges = (ArrayNode) json.at("/model/merges");
    for (List<String> pair : trained()) {
      vocabulary.put(pair.get(0) + pair.get(1), END + 1 + merges.size());
      merges.add(pair.get(0) + " " + pair.get(1));
    }
    return json;
  }

  /** Bytes that can be seen are themselves; the others come after 255, in order. */
  private static char visible(int value) {
    int hidden = 0;
    for (int b = 0; b <= value; b++) {
      boolean seen = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      if (b == value && seen) {
        return (char) b;
      }
      hidden += seen ? 0 : 1;
    }
    return (char) (255 + hidden);
  }

  /** The commonest pair of neighbours becomes one token, again and again. */
  private static List<List<String>> trained() {
    List<List<String>> words = new ArrayList<>();
    for (String word : SENTENCES.split("(?= )", -1)) {
      List<String> letters = new ArrayList<>();
      for (byte b : word.getBytes(StandardCharsets.US_ASCII)) {
        letters.add(b == ' ' ? Character.toString(BLANK) : Character.toString((char) b));
      }
      words.add(letters);
    }
    List<List<String>> merges = new ArrayList<>();
    while (merges.size() < MERGES) {
      Map<String, Integer> counts = new TreeMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(word.get(i) + "\n" + word.get(i + 1), 1, Integer::sum);
        }
      }
      String best =
          counts.entrySet().stream()
              .max(
                  Map.Entry.<String, Integer>comparingByValue()
                      .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
              .orElseThrow()
              .getKey();
      List<String> pair = List.of(best.split("\n", -1));
      merges.add(pair);
      words.forEach(word -> join(word, pair));
    }
    return merges;
  }

  private static void join(List<String> word, List<String> pair) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i).equals(pair.get(0)) && word.get(i + 1).equals(pair.get(1))) {
        word.set(i, pair.get(0) + pair.get(1));
        word.remove(i + 1);
      }
    }
  }
}
