  # BERT and RoBERTa encoders (Devlin et al. 2019) over packed tokens: no padding anywhere.
  #
  # tokens: [3, T] ids, positions, segments; sequences lie one after the other, sorted by length, in
  # groups as attention.py has them. rows: [S] first token of each sequence. base: word, position and segment embeddings, norm weight and bias, then 16
  # tensors a layer (see BertWeights), then, with cls pooling, the last layer's q and k-v projections.
  # Sites of layer l: 4l q-k-v, 4l+1 attention output, 4l+2 intermediate, 4l+3 output. With cls
  # pooling only the first tokens pass the last layer beyond its keys and values, and site 4 layers
  # is its query.

  def layer_norm_backward(self: __torch__.Kernel, g: Tensor, x: Tensor, stats: List[Tensor], i: int, w: Tensor, b: Tensor) -> Tensor:
    # dL/dx of LN(x). g, x: [T, hidden]; stats[i], stats[i+1]: mean and 1/deviation of the forward.
    (dx, dw, db) = torch.native_layer_norm_backward(g, x, [torch.size(x, 1)], stats[i], stats[i + 1], w, b, [True, False, False])
    return dx

  def bert_forward(self: __torch__.Kernel, tokens: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], layers: int, heads: int, eps: float, activation: str, cls: bool, dtype: int, packed: bool, flash: bool, keep: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> Tensor:
    # -> last hidden states [T, hidden] float32; [S, hidden], the first tokens' alone, with cls.
    # saved grows, when keep, by ten tensors a layer plus two an attention group.
    none: List[Tensor] = []
    e = torch.add_(torch.index_select(base[0], 0, tokens[0]), torch.index_select(base[1], 0, tokens[1]))
    e = torch.add_(e, torch.index_select(base[2], 0, tokens[2]))
    hidden = torch.size(e, 1)
    (h, mean0, rstd0) = torch.native_layer_norm(e, [hidden], base[3], base[4], eps)
    for f in range(len(A)):
      zs.append(h)
    for n in range(4 * layers + 1):
      xs.append(h)
    for l in range(layers):
      o = 5 + 16 * l
      n = 4 * l
      last = cls and l == layers - 1
      x = torch.to(h, dtype)
      xs[n] = x
      if last:
        tail = 5 + 16 * layers
        xq = torch.index_select(x, 0, rows)
        xs[4 * layers] = xq
        h = torch.index_select(h, 0, rows)
        kv = self.linear(x, base[tail + 2], base[tail + 3], packed)
        kv = self.adapt(n, kv, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
        q = self.linear(xq, base[tail], base[tail + 1], packed)
        q = self.adapt(4 * layers, q, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
        k = torch.narrow(kv, 1, 0, hidden)
        v = torch.narrow(kv, 1, hidden, hidden)
      else:
        qkv = self.linear(x, base[o], base[o + 1], packed)
        qkv = self.adapt(n, qkv, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
        q = torch.narrow(qkv, 1, 0, hidden)
        k = torch.narrow(qkv, 1, hidden, hidden)
        v = torch.narrow(qkv, 1, 2 * hidden, hidden)
      maps: List[Tensor] = []
      ctx = self.attention(q, k, v, groups, heads, 1, False, last, flash, maps)
      xs[n + 1] = ctx
      y = self.linear(ctx, base[o + 2], base[o + 3], packed)
      y = self.adapt(n + 1, y, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
      a1 = torch.add(h, y)
      (h1, mean1, rstd1) = torch.native_layer_norm(a1, [hidden], base[o + 4], base[o + 5], eps)
      x1 = torch.to(h1, dtype)
      xs[n + 2] = x1
      pre = self.linear(x1, base[o + 6], base[o + 7], packed)
      pre = self.adapt(n + 2, pre, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
      if activation == "relu":
        act = torch.relu(pre)
      else:
        act = torch.gelu(pre, approximate=activation)
      xs[n + 3] = act
      y2 = self.linear(act, base[o + 8], base[o + 9], packed)
      y2 = self.adapt(n + 3, y2, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
      a2 = torch.add(h1, y2)
      (h2, mean2, rstd2) = torch.native_layer_norm(a2, [hidden], base[o + 10], base[o + 11], eps)
      h = h2
      if keep:
        torch.extend(saved, [q, k, v, a1, mean1, rstd1, pre, a2, mean2, rstd2])
        torch.extend(saved, maps)
    return h

  def bert_backward(self: __torch__.Kernel, g: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], layers: int, heads: int, activation: str, cls: bool, dtype: int, packed: bool, flash: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], gA: List[Tensor], gB: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> None:
    # Adds dL/dA, dL/dB to gA, gB. g: dL/dh of bert_forward's result, float32. Goes down only as far
    # as there are adapted projections; consumes saved from its end.
    none: List[Tensor] = []
    dxs: List[Optional[Tensor]] = []
    dzs: List[Optional[Tensor]] = []
    for n in range(4 * layers + 1):
      dxs.append(None)
    for f in range(len(A)):
      dzs.append(None)
    hidden = torch.size(g, 1)
    count = torch.size(xs[0], 0)
    tail = 5 + 16 * layers
    step = 10 + len(groups)
    queries = first[4 * layers + 1] - first[4 * layers]
    go = len(A) > 0
    for i in range(layers):
      l = layers - 1 - i
      o = 5 + 16 * l
      n = 4 * l
      at = step * l
      last = cls and l == layers - 1
      below = first[n]
      if last:
        below = below + queries
      if go:
        da2 = self.layer_norm_backward(g, saved[at + 7], saved, at + 8, base[o + 10], base[o + 11])
        go2 = torch.to(da2, dtype)
        dact: Optional[Tensor] = None
        if first[n + 3] > 0 or below > 0:
          dact = self.linear(go2, base[o + 15], None, packed)
        dact = self.adapt_backward(n + 3, go2, dact, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
        if dact is not None:
          if activation == "relu":
            dpre = torch.threshold_backward(dact, saved[at + 6], 0)
          else:
            dpre = torch.gelu_backward(dact, saved[at + 6], approximate=activation)
          dx1: Optional[Tensor] = None
          if first[n + 2] > 0 or below > 0:
            dx1 = self.linear(dpre, base[o + 14], None, packed)
          dx1 = self.adapt_backward(n + 2, dpre, dx1, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
          if dx1 is not None:
            g1 = torch.add_(da2, dx1)
            da1 = self.layer_norm_backward(g1, saved[at + 3], saved, at + 4, base[o + 4], base[o + 5])
            gy = torch.to(da1, dtype)
            dctx: Optional[Tensor] = None
            if first[n + 1] > 0 or below > 0:
              dctx = self.linear(gy, base[o + 13], None, packed)
            dctx = self.adapt_backward(n + 1, gy, dctx, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
            if dctx is not None:
              if last:
                dq = torch.empty([torch.size(gy, 0), hidden], dtype=dtype, device=ops.prim.device(g))
                dkv = torch.empty([count, 2 * hidden], dtype=dtype, device=ops.prim.device(g))
                self.attention_backward(dctx, saved[at], saved[at + 1], saved[at + 2], dq, torch.narrow(dkv, 1, 0, hidden), torch.narrow(dkv, 1, hidden, hidden), groups, heads, 1, False, last, flash, saved, at + 10)
                dxq: Optional[Tensor] = None
                dx: Optional[Tensor] = None
                if first[n] > 0:
                  dxq = self.linear(dq, base[tail + 4], None, packed)
                  dx = self.linear(dkv, base[tail + 5], None, packed)
                dxq = self.adapt_backward(4 * layers, dq, dxq, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
                dx = self.adapt_backward(n, dkv, dx, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
                if dx is not None:
                  if dxq is not None:
                    g = torch.index_add_(torch.to(dx, 6), 0, rows, torch.add(da1, dxq))
              else:
                dqkv = torch.empty([count, 3 * hidden], dtype=dtype, device=ops.prim.device(g))
                self.attention_backward(dctx, saved[at], saved[at + 1], saved[at + 2], torch.narrow(dqkv, 1, 0, hidden), torch.narrow(dqkv, 1, hidden, hidden), torch.narrow(dqkv, 1, 2 * hidden, hidden), groups, heads, 1, False, last, flash, saved, at + 10)
                dx2: Optional[Tensor] = None
                if first[n] > 0:
                  dx2 = self.linear(dqkv, base[o + 12], None, packed)
                dx2 = self.adapt_backward(n, dqkv, dx2, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
                if dx2 is not None:
                  g = torch.add_(da1, dx2)
        go = first[n] > 0
        for k in range(step):
          saved.pop()

  def pool(self: __torch__.Kernel, h: Tensor, groups: List[int], cls: bool) -> Tensor:
    # [T, hidden] -> [S, hidden]: the mean of each sequence's tokens; h as it is with cls.
    if cls:
      y = h
    else:
      parts: List[Tensor] = []
      t = 0
      for i in range(len(groups) // 2):
        size = groups[2 * i] * groups[2 * i + 1]
        parts.append(torch.mean(torch.view(torch.narrow(h, 0, t, size), [groups[2 * i], groups[2 * i + 1], torch.size(h, 1)]), [1]))
        t = t + size
      y = torch.cat(parts, 0)
    return y

  def pool_backward(self: __torch__.Kernel, g: Tensor, groups: List[int], cls: bool) -> Tensor:
    if cls:
      y = g
    else:
      parts: List[Tensor] = []
      s = 0
      for i in range(len(groups) // 2):
        count = groups[2 * i]
        length = groups[2 * i + 1]
        share = torch.div(torch.narrow(g, 0, s, count), float(length))
        parts.append(torch.reshape(torch.expand(torch.unsqueeze(share, 1), [count, length, torch.size(g, 1)]), [count * length, torch.size(g, 1)]))
        s = s + count
      y = torch.cat(parts, 0)
    return y

  def bert_infer(self: __torch__.Kernel, tokens: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], layers: int, heads: int, eps: float, activation: str, cls: bool, dtype: int, packed: bool, flash: bool, params: Tensor, labels: int, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int]) -> Tuple[Tensor, Tensor, Tensor, List[Tensor]]:
    # Without dropout -> logits [S, labels] and pooled vectors [S, hidden], float32; last hidden
    # states [T, hidden] ([S, hidden] with cls); the sites' inputs.
    (A, sB) = self.casted(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    none: List[Tensor] = []
    saved: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.bert_forward(tokens, groups, rows, base, layers, heads, eps, activation, cls, dtype, packed, flash, False, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, none, 0, 0.0)
    y = self.pool(h, groups, cls)
    (weight, bias) = self.head_of(params, labels, torch.size(h, 1))
    return (torch.linear(y, weight, bias), y, h, xs)

  def head_of(self: __torch__.Kernel, params: Tensor, labels: int, hidden: int) -> Tuple[Tensor, Tensor]:
    # The classifier at the end of the flat parameters: weight [labels, hidden], bias [labels].
    end = torch.size(params, 0)
    bias = torch.narrow(params, 0, end - labels, labels)
    weight = torch.view(torch.narrow(params, 0, end - labels - labels * hidden, labels * hidden), [labels, hidden])
    return (weight, bias)

  def bert_logits(self: __torch__.Kernel, tokens: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], layers: int, heads: int, eps: float, activation: str, cls: bool, dtype: int, packed: bool, flash: bool, params: Tensor, labels: int, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int]) -> Tensor:
    # The logits of bert_infer alone.
    (y, pooled_rows, h, xs) = self.bert_infer(tokens, groups, rows, base, layers, heads, eps, activation, cls, dtype, packed, flash, params, labels, rowsA, colsA, rowsB, colsB, scale, shortcut, first, slots, begin, window, site, col, pooled)
    return y

  def distil(self: __torch__.Kernel, d: Tensor, logits: Tensor, teacher: Tensor, known: int, weights: Tensor, kl: float) -> None:
    # Adds to d what kl sum_i weights_i KL(q_i || p_i) has for a gradient, q and p the teacher's and the
    # learner's probabilities among the first known classes (Li & Hoiem 2016, T = 1). d, logits: [S, c].
    q = torch.softmax(torch.narrow(teacher, 1, 0, known), 1)
    p = torch.softmax(torch.narrow(logits, 1, 0, known), 1)
    torch.add_(torch.narrow(d, 1, 0, known), torch.mul_(torch.sub_(p, q), torch.unsqueeze(weights, 1)), alpha=kl)

  def heads_of_all(self: __torch__.Kernel, params: List[Tensor], labels: List[int], hidden: int) -> Tuple[Tensor, Tensor]:
    # The classifiers one below the other: weight [L, hidden], bias [L], L the sum of all labels.
    (weight, bias) = self.head_of(params[0], labels[0], hidden)
    if len(params) > 1:
      ws: List[Tensor] = []
      bs: List[Tensor] = []
      for k in range(len(params)):
        (w, b) = self.head_of(params[k], labels[k], hidden)
        ws.append(w)
        bs.append(b)
      weight = torch.cat(ws, 0)
      bias = torch.cat(bs, 0)
    return (weight, bias)

  def own_logits(self: __torch__.Kernel, logits: Tensor, labels: List[int], owner: Tensor, rows: Tensor) -> Tensor:
    # Of several classifiers' logits [S, L] each sequence's own; the others' are -inf. owner: [T]
    if len(labels) > 1:
      whose: List[Tensor] = []
      for k in range(len(labels)):
        whose.append(torch.full([labels[k]], k, dtype=4, device=ops.prim.device(logits)))
      others = torch.ne(torch.unsqueeze(torch.index_select(owner, 0, rows), 1), torch.unsqueeze(torch.cat(whose, 0), 0))
      logits = torch.masked_fill(logits, others, -inf)
    return logits

  def bert_step(self: __torch__.Kernel, train: bool, tokens: Tensor, groups: List[int], rows: Tensor, targets: Tensor, weights: Tensor, base: List[Tensor], layers: int, heads: int, eps: float, activation: str, cls: bool, dtype: int, packed: bool, flash: bool, params: List[Tensor], grads: List[Tensor], labels: List[int], owner: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], key: int, p: float, teacher: List[Tensor], known: int, kl: float) -> Tuple[Tensor, Tensor, Tensor]:
    # Tests, then (train) adds the gradient of the weighted sum of cross entropies to grads, and that
    # of the divergence from a teacher's logits [S, c] where there are any, of one adapter only.
    # params, grads, labels: of each adapter; owner: [T] int64, each token's, where there are several.
    # targets: [S] int64, rows of all classifiers; weights: [S] float32, of each adapter summing to 1
    # -> losses [S] in nats, predictions [S] among all rows and their probabilities [S].
    (A, sB) = self.casted_together(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    owners = self.owned(owner, len(params), rowsA, rows)
    saved: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.bert_forward(tokens, groups, rows, base, layers, heads, eps, activation, cls, dtype, packed, flash, train, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
    hidden = torch.size(h, 1)
    (weight, bias) = self.heads_of_all(params, labels, hidden)
    y = self.pool(h, groups, cls)
    logits = self.own_logits(torch.linear(y, weight, bias), labels, owner, rows)
    logp = torch.log_softmax(logits, 1)
    losses = torch.neg(torch.squeeze(torch.gather(logp, 1, torch.unsqueeze(targets, 1)), 1))
    predictions = torch.argmax(logp, 1)
    confidences = torch.exp(torch.amax(logp, [1]))
    if train:
      d = torch.exp(logp)
      d = torch.scatter_add(d, 1, torch.unsqueeze(targets, 1), torch.full([torch.size(d, 0), 1], -1.0, dtype=6, device=ops.prim.device(d)))
      d = torch.mul_(d, torch.unsqueeze(weights, 1))
      if len(teacher) > 0:
        self.distil(d, logits, teacher[0], known, weights, kl)
      dw = torch.mm(torch.t(d), y)
      db = torch.sum(d, [0])
      c = 0
      for k in range(len(grads)):
        (gw, gb) = self.head_of(grads[k], labels[k], hidden)
        torch.add_(gw, torch.narrow(dw, 0, c, labels[k]))
        torch.add_(gb, torch.narrow(db, 0, c, labels[k]))
        c = c + labels[k]
      (gA, gB) = self.gradients(grads, rowsA, colsA, rowsB, colsB)
      g = self.pool_backward(torch.mm(d, weight), groups, cls)
      self.bert_backward(g, groups, rows, base, layers, heads, activation, cls, dtype, packed, flash, saved, xs, zs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
      self.hand_out(gA, gB, grads, rowsA, colsA, rowsB, colsB)
    return (losses, predictions, confidences)
