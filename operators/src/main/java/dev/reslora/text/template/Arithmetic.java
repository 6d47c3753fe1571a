package dev.reslora.text.template;

import java.util.ArrayList;
import java.util.List;

/** Operators of two values. */
enum Arithmetic {
  ADD("+") {
    @Override
    Object of(Object left, Object right) throws TemplateException {
      if (left instanceof String a && right instanceof String b) {
        return a + b;
      }
      if (left instanceof List<?> a && right instanceof List<?> b) {
        List<Object> joined = new ArrayList<>(a);
        joined.addAll(b);
        return joined;
      }
      return number(left, right, Long::sum, Double::sum);
    }
  },
  SUBTRACT("-") {
    @Override
    Object of(Object left, Object right) throws TemplateException {
      return number(left, right, (a, b) -> a - b, (a, b) -> a - b);
    }
  },
  MULTIPLY("*") {
    @Override
    Object of(Object left, Object right) throws TemplateException {
      return number(left, right, (a, b) -> a * b, (a, b) -> a * b);
    }
  },
  REMAINDER("%") {
    @Override
    Object of(Object left, Object right) throws TemplateException {
      return whole(left, right, Math::floorMod);
    }
  },
  DIVIDE("//") {
    @Override
    Object of(Object left, Object right) throws TemplateException {
      return whole(left, right, Math::floorDiv);
    }
  },
  JOIN("~") {
    @Override
    Object of(Object left, Object right) {
      return Values.text(left) + Values.text(right);
    }
  };

  private final String sign;

  Arithmetic(String sign) {
    this.sign = sign;
  }

  String sign() {
    return sign;
  }

  abstract Object of(Object left, Object right) throws TemplateException;

  private interface OfLongs {
    long of(long a, long b);
  }

  private interface OfDoubles {
    double of(double a, double b);
  }

  private static Object number(Object left, Object right, OfLongs longs, OfDoubles doubles)
      throws TemplateException {
    if (left instanceof Long a && right instanceof Long b) {
      return longs.of(a, b);
    }
    if (left instanceof Number a && right instanceof Number b) {
      return doubles.of(a.doubleValue(), b.doubleValue());
    }
    throw Values.unfit("numbers, or texts to add", left instanceof Number ? right : left);
  }

  private static Object whole(Object left, Object right, OfLongs of) throws TemplateException {
    if (left instanceof Long a && right instanceof Long b && b != 0) {
      return of.of(a, b);
    }
    throw Values.unfit("whole numbers", left instanceof Long ? right : left);
  }
}
