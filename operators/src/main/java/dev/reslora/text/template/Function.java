package dev.reslora.text.template;

import java.util.List;
import java.util.Map;

/** What a template can call. */
interface Function {

  Object call(List<Object> arguments, Map<String, Object> named) throws TemplateException;
}
