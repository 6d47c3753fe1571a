package dev.reslora.text.template;

/**
 * An expression. Values are String, Long, Double, Boolean, List, Map with text keys, {@link
 * Nothing} or {@link Function}.
 */
interface Expression {

  Object value(Scope scope) throws TemplateException;
}
