package dev.reslora.text.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * A Jinja template, as far as chat templates use the language: output, if, for, set, generation;
 * expressions with filters, conditions, slices and the methods of texts and mappings that they
 * call. What is beyond that is refused when the template is read, naming line and word. Rendered
 * with the white space rules of transformers. Safe for any number of threads.
 *
 * <p>There is no clock: {@code strftime_now} is not defined, so that a text is a function of its
 * messages; templates that ask for it have a date of their own for this case.
 */
public final class Template {

  private final Node root;

  private Template(Node root) {
    this.root = root;
  }

  /**
   * Reads a template.
   *
   * @throws TemplateException where it is not one, or uses what is not known here
   */
  public static Template of(String source) throws TemplateException {
    return new Template(Parser.parse(source));
  }

  /**
   * Writes the text.
   *
   * @param values by name: String, Long, Double, Boolean, List, or Map with text keys
   * @throws TemplateException what the template refuses, in its own words, or cannot be computed
   */
  public String render(Map<String, ?> values) throws TemplateException {
    Scope scope = new Scope(null);
    Function refuse =
        (arguments, named) -> {
          throw new TemplateException(Values.text(Filters.argument(arguments, 0, "refused")));
        };
    Function namespace = (arguments, named) -> new Parser.Namespace(named);
    Function dict = (arguments, named) -> new LinkedHashMap<>(named);
    scope.set("raise_exception", refuse);
    scope.set("namespace", namespace);
    scope.set("dict", dict);
    scope.set("range", (Function) (arguments, named) -> range(arguments));
    values.forEach(scope::set);
    StringBuilder out = new StringBuilder();
    root.render(scope, out);
    return out.toString();
  }

  private static final int LONGEST_RANGE = 100_000;

  private static List<Object> range(List<Object> arguments) throws TemplateException {
    boolean both = arguments.size() == 2;
    Object from = both ? arguments.get(0) : (Object) 0L;
    Object to = Filters.argument(arguments, both ? 1 : 0, Nothing.NONE);
    boolean whole = from instanceof Long && to instanceof Long;
    if (!whole || arguments.size() > 2 || (Long) to - (Long) from > LONGEST_RANGE) {
      throw Values.unfit("one or two whole numbers in range", arguments);
    }
    return LongStream.range((Long) from, (Long) to).<Object>mapToObj(i -> i).toList();
  }
}
