  # Llama and its kin (Touvron et al. 2023): causal language models over packed tokens, no padding.
  #
  # tokens: ids, positions and what other families want beside, [.., T]; sequences in groups as attention.py has them.
  # sizes: layers, heads, key-value heads, width of a head, 1 where q and k are normalised.
  # base: embeddings [V, hidden], final norm, output W [V, hidden], inverse frequencies [d/2], then 15
  # tensors a layer: norm, q-k-v (W, bias, W^T), q-k norm [heads + kv heads, d], attention output (W,
  # bias, W^T), norm, gate-up (W, bias, W^T), down (W, bias, W^T). A tensor that the model does not
  # have is empty; where weights are not packed W^T is W itself.
  # Sites of layer l: 4l q-k-v, 4l+1 attention output, 4l+2 gate-up, 4l+3 down.

  def optional(self: __torch__.Kernel, x: Tensor) -> Optional[Tensor]:
    y: Optional[Tensor] = None
    if torch.size(x, 0) > 0:
      y = x
    return y

  def back(self: __torch__.Kernel, g: Tensor, wt: Tensor, packed: bool) -> Tensor:
    # g W: dL/dx of x W^T. g: [T, out]; wt: W^T packed, or W itself.
    if packed:
      y = self.linear(g, wt, None, True)
    else:
      y = torch.mm(g, wt)
    return y

  def rms_norm(self: __torch__.Kernel, h: Tensor, w: Tensor, eps: float) -> Tuple[Tensor, Tensor]:
    # w h / rms(h) over the last dimension, and 1 / rms(h). h: float32
    r = torch.rsqrt(torch.add(torch.mean(torch.mul(h, h), [-1], True), eps))
    return (torch.mul_(torch.mul(h, r), w), r)

  def rms_norm_backward(self: __torch__.Kernel, g: Tensor, h: Tensor, r: Tensor, w: Tensor) -> Tensor:
    # dL/dh of rms_norm, with n = h r: r (g w - n mean(g w n)).
    gw = torch.mul(torch.to(g, 6), w)
    n = torch.mul(h, r)
    mean = torch.mean(torch.mul(gw, n), [-1], True)
    return torch.mul_(torch.sub_(gw, torch.mul_(n, mean)), r)

  def rotate(self: __torch__.Kernel, x: Tensor, cos: Tensor, sin: Tensor) -> None:
    # Turns the pairs (i, i + d/2) of every head by the angle, in place (Su et al. 2021); the backward
    # turns back. x: [T, heads, d]; cos, sin: [T, 1, d/2].
    half = torch.size(x, 2) // 2
    a = torch.narrow(x, 2, 0, half)
    b = torch.narrow(x, 2, half, half)
    turned = torch.sub(torch.mul(a, cos), torch.mul(b, sin))
    torch.copy_(b, torch.add(torch.mul(b, cos), torch.mul(a, sin)))
    torch.copy_(a, turned)

  def angles(self: __torch__.Kernel, positions: Tensor, frequencies: Tensor, dtype: int) -> Tuple[Tensor, Tensor]:
    # cos and sin of position x frequency, [T, 1, d/2]
    angle = torch.unsqueeze(torch.mul(torch.unsqueeze(torch.to(positions, 6), 1), frequencies), 1)
    return (torch.to(torch.cos(angle), dtype), torch.to(torch.sin(angle), dtype))

  def cached_attention(self: __torch__.Kernel, q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, start: int, heads: int) -> Tensor:
    # Tokens start.. of one sequence against all before them. Puts k and v [T, kv heads d] into keys
    # and values [kv heads, capacity, d]. -> [T, heads d]
    count = torch.size(q, 0)
    kv = torch.size(keys, 0)
    torch.copy_(torch.narrow(keys, 1, start, count), self.heads_of(k, 0, 1, count, kv)[0])
    torch.copy_(torch.narrow(values, 1, start, count), self.heads_of(v, 0, 1, count, kv)[0])
    qf = self.flat(self.heads_of(q, 0, 1, count, heads), heads // kv)
    map = self.attention_map(qf, torch.narrow(keys, 1, 0, start + count), heads // kv, True, start)
    o = torch.view(torch.bmm(map, torch.narrow(values, 1, 0, start + count)), [heads, count, torch.size(keys, 2)])
    return torch.reshape(torch.transpose(o, 0, 1), [count, heads * torch.size(keys, 2)])

  def forget(self: __torch__.Kernel, n: int, xs: List[Tensor], first: List[int], all: bool) -> None:
    # Drops the inputs of layer n/4's sites that no factor reads; of all of them where they are made
    # again when wanted.
    for s in range(4):
      if all or first[n + s + 1] == first[n + s]:
        xs[n + s] = torch.empty([0, 0], dtype=ops.prim.dtype(xs[n + s]), device=ops.prim.device(xs[n + s]))

  def llama_layer(self: __torch__.Kernel, l: int, h: Tensor, cos: Tensor, sin: Tensor, groups: List[int], cache: List[Tensor], start: int, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, keep: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> Tensor:
    # h of layer l -> h of the next, [T, hidden] float32. saved grows, when keep, by eight tensors and
    # two an attention group. cache: keys and values of every layer, or none.
    none: List[Tensor] = []
    rows = h
    o = 4 + 15 * l
    n = 4 * l
    heads = sizes[1]
    kv = sizes[2]
    d = sizes[3]
    count = torch.size(h, 0)
    (normed, r) = self.rms_norm(h, base[o], eps)
    x = torch.to(normed, dtype)
    xs[n] = x
    qkv = self.linear(x, base[o + 1], self.optional(base[o + 2]), packed)
    qkv = self.adapt(n, qkv, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
    qk = torch.view(torch.narrow(qkv, 1, 0, (heads + kv) * d), [count, heads + kv, d])
    before = r
    rqk = r
    if sizes[4] == 1:
      before = torch.clone(qk, memory_format=0)
      (nqk, rqk2) = self.rms_norm(torch.to(before, 6), base[o + 4], eps)
      rqk = rqk2
      torch.copy_(qk, nqk)
    self.rotate(qk, cos, sin)
    q = torch.narrow(qkv, 1, 0, heads * d)
    k = torch.narrow(qkv, 1, heads * d, kv * d)
    v = torch.narrow(qkv, 1, (heads + kv) * d, kv * d)
    maps: List[Tensor] = []
    if len(cache) > 0:
      ctx = self.cached_attention(q, k, v, cache[2 * l], cache[2 * l + 1], start, heads)
    else:
      ctx = self.attention(q, k, v, groups, heads, heads // kv, True, False, flash, maps)
    xs[n + 1] = ctx
    y = self.linear(ctx, base[o + 5], self.optional(base[o + 6]), packed)
    y = self.adapt(n + 1, y, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
    h1 = torch.add(h, y)
    (normed1, r1) = self.rms_norm(h1, base[o + 8], eps)
    x1 = torch.to(normed1, dtype)
    xs[n + 2] = x1
    gu = self.linear(x1, base[o + 9], self.optional(base[o + 10]), packed)
    gu = self.adapt(n + 2, gu, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
    wide = torch.size(gu, 1) // 2
    act = torch.mul_(torch.silu(torch.narrow(gu, 1, 0, wide)), torch.narrow(gu, 1, wide, wide))
    xs[n + 3] = act
    y2 = self.linear(act, base[o + 12], self.optional(base[o + 13]), packed)
    y2 = self.adapt(n + 3, y2, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
    if keep:
      torch.extend(saved, [h, r, qkv, before, rqk, h1, r1, gu])
      torch.extend(saved, maps)
    return torch.add(h1, y2)

  def llama_layer_backward(self: __torch__.Kernel, l: int, g: Tensor, cos: Tensor, sin: Tensor, groups: List[int], base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], dxs: List[Optional[Tensor]], dzs: List[Optional[Tensor]], A: List[Tensor], sB: List[Tensor], gA: List[Tensor], gB: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> Tensor:
    # dL/dh of llama_layer's result -> dL/dh of its argument, where factors lie below. Takes from the
    # end of saved what the layer left.
    none: List[Tensor] = []
    rows = g
    o = 4 + 15 * l
    n = 4 * l
    heads = sizes[1]
    kv = sizes[2]
    d = sizes[3]
    at = len(saved) - 8 - len(groups)
    gu = saved[at + 7]
    gy2 = torch.to(g, dtype)
    dact: Optional[Tensor] = None
    if first[n + 3] > 0:
      dact = self.back(gy2, base[o + 14], packed)
    dact = self.adapt_backward(n + 3, gy2, dact, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
    if dact is not None:
      wide = torch.size(gu, 1) // 2
      gate = torch.narrow(gu, 1, 0, wide)
      dgu = torch.empty_like(gu)
      torch.copy_(torch.narrow(dgu, 1, 0, wide), torch.silu_backward(torch.mul(dact, torch.narrow(gu, 1, wide, wide)), gate))
      torch.copy_(torch.narrow(dgu, 1, wide, wide), torch.mul(dact, torch.silu(gate)))
      dx1: Optional[Tensor] = None
      if first[n + 2] > 0:
        dx1 = self.back(dgu, base[o + 11], packed)
      dx1 = self.adapt_backward(n + 2, dgu, dx1, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
      if dx1 is not None:
        g1 = torch.add(g, self.rms_norm_backward(dx1, saved[at + 5], saved[at + 6], base[o + 8]))
        gy = torch.to(g1, dtype)
        dctx: Optional[Tensor] = None
        if first[n + 1] > 0:
          dctx = self.back(gy, base[o + 7], packed)
        dctx = self.adapt_backward(n + 1, gy, dctx, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
        if dctx is not None:
          qkv = saved[at + 2]
          dqkv = torch.empty_like(qkv)
          self.attention_backward(dctx, torch.narrow(qkv, 1, 0, heads * d), torch.narrow(qkv, 1, heads * d, kv * d), torch.narrow(qkv, 1, (heads + kv) * d, kv * d), torch.narrow(dqkv, 1, 0, heads * d), torch.narrow(dqkv, 1, heads * d, kv * d), torch.narrow(dqkv, 1, (heads + kv) * d, kv * d), groups, heads, heads // kv, True, False, flash, saved, at + 8)
          dqk = torch.view(torch.narrow(dqkv, 1, 0, (heads + kv) * d), [torch.size(g, 0), heads + kv, d])
          self.rotate(dqk, cos, torch.neg(sin))
          if sizes[4] == 1:
            torch.copy_(dqk, self.rms_norm_backward(dqk, torch.to(saved[at + 3], 6), saved[at + 4], base[o + 4]))
          dx: Optional[Tensor] = None
          if first[n] > 0:
            dx = self.back(dqkv, base[o + 3], packed)
          dx = self.adapt_backward(n, dqkv, dx, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, rows, none, owners, key, p)
          if dx is not None:
            g = torch.add_(self.rms_norm_backward(dx, saved[at], saved[at + 1], base[o]), g1)
    for k in range(8 + len(groups)):
      saved.pop()
    return g

  def llama_forward(self: __torch__.Kernel, tokens: Tensor, groups: List[int], cache: List[Tensor], start: int, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, keep: bool, recompute: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> Tensor:
    # -> hidden states before the final norm, [T, hidden] float32. With keep the layers from the first
    # adapted one on leave in saved what the backward wants; with recompute only their arguments,
    # beside the inputs and low-rank activations that other layers' shortcuts read.
    h = torch.to(torch.index_select(base[0], 0, tokens[0]), 6)
    (cos, sin) = self.angles(tokens[1], base[3], dtype)
    for f in range(len(A)):
      zs.append(h)
    for n in range(4 * sizes[0]):
      xs.append(h)
    for l in range(sizes[0]):
      kept = keep and first[4 * l + 4] > 0
      if kept and recompute:
        saved.append(h)
      h = self.llama_layer(l, h, cos, sin, groups, cache, start, base, sizes, eps, dtype, packed, flash, kept and not recompute, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
      self.forget(4 * l, xs, first, keep and recompute and shortcut != 1)
    return h

  def llama_backward(self: __torch__.Kernel, g: Tensor, tokens: Tensor, groups: List[int], base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, recompute: bool, saved: List[Tensor], xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], gA: List[Tensor], gB: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], owners: List[Tensor], key: int, p: float) -> None:
    # Adds dL/dA, dL/dB to gA, gB. g: dL/dh of llama_forward's result.
    none: List[Tensor] = []
    dxs: List[Optional[Tensor]] = []
    dzs: List[Optional[Tensor]] = []
    for n in range(4 * sizes[0]):
      dxs.append(None)
    for f in range(len(A)):
      dzs.append(None)
    (cos, sin) = self.angles(tokens[1], base[3], dtype)
    for i in range(sizes[0]):
      l = sizes[0] - 1 - i
      if first[4 * l + 4] > 0:
        if recompute:
          h = saved.pop()
          self.llama_layer(l, h, cos, sin, groups, none, 0, base, sizes, eps, dtype, packed, flash, True, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
        g = self.llama_layer_backward(l, g, cos, sin, groups, base, sizes, eps, dtype, packed, flash, saved, xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
        self.forget(4 * l, xs, first, True)

  def token_losses(self: __torch__.Kernel, train: bool, y: Tensor, targets: Tensor, weights: Tensor, w: Tensor, dtype: int, losses: List[Tensor], teacher: List[Tensor], kl: float) -> Tensor:
    # Cross entropy over the vocabulary, some rows at a time, so that no more than 2^22 logits are
    # there at once. y: [P, hidden] float32; targets, weights: [P]; w: [V, hidden]. Leaves the losses;
    # -> dL/dy of the weighted sum, with kl KL(q || p) added to each loss where there are a teacher's
    # vectors [P, hidden], whose probabilities are q; or y when not train.
    count = torch.size(y, 0)
    rows = max(1, 4194304 // torch.size(w, 0))
    grads: List[Tensor] = []
    for i in range((count + rows - 1) // rows):
      size = min(rows, count - i * rows)
      logits = torch.to(torch.linear(torch.to(torch.narrow(y, 0, i * rows, size), dtype), w), 6)
      own = torch.unsqueeze(torch.narrow(targets, 0, i * rows, size), 1)
      lse = torch.logsumexp(logits, [1], True)
      losses.append(torch.squeeze(torch.sub(lse, torch.gather(logits, 1, own)), 1))
      if train:
        d = torch.exp_(torch.sub_(logits, lse))
        if len(teacher) > 0:
          q = torch.softmax(torch.to(torch.linear(torch.to(torch.narrow(teacher[0], 0, i * rows, size), dtype), w), 6), 1)
          torch.sub_(torch.mul_(d, 1.0 + kl), q, alpha=kl)
        torch.scatter_add_(d, 1, own, torch.full([size, 1], -1.0, dtype=6, device=ops.prim.device(y)))
        torch.mul_(d, torch.unsqueeze(torch.narrow(weights, 0, i * rows, size), 1))
        grads.append(torch.to(torch.mm(torch.to(d, dtype), w), 6))
    g = y
    if len(grads) > 0:
      g = torch.cat(grads, 0)
    return g

  def llama_step(self: __torch__.Kernel, train: bool, recompute: bool, tokens: Tensor, groups: List[int], rows: Tensor, weights: Tensor, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, params: List[Tensor], grads: List[Tensor], owner: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], key: int, p: float, teacher: List[Tensor], kl: float) -> Tensor:
    # Tests, then (train) adds the gradient of the weighted sum of next-token losses to grads; see
    # token_losses for a teacher.
    # params, grads: of each adapter; owner: [T] int64, each token's, where there are several.
    # rows: [P] tokens whose next one is predicted; weights: [P] -> losses [P] in nats.
    (A, sB) = self.casted_together(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    owners = self.owned(owner, len(params), rowsA, rows)
    cache: List[Tensor] = []
    saved: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.llama_forward(tokens, groups, cache, 0, base, sizes, eps, dtype, packed, flash, train, recompute, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
    hr = torch.index_select(h, 0, rows)
    (y, r) = self.rms_norm(hr, base[1], eps)
    targets = torch.index_select(tokens[0], 0, torch.add(rows, 1))
    losses: List[Tensor] = []
    dy = self.token_losses(train, y, targets, weights, base[2], dtype, losses, teacher, kl)
    if train and len(A) > 0:
      (gA, gB) = self.gradients(grads, rowsA, colsA, rowsB, colsB)
      g = torch.index_copy_(torch.zeros_like(h), 0, rows, self.rms_norm_backward(dy, hr, r, base[1]))
      self.llama_backward(g, tokens, groups, base, sizes, eps, dtype, packed, flash, recompute, saved, xs, zs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, owners, key, p)
      self.hand_out(gA, gB, grads, rowsA, colsA, rowsB, colsB)
    return torch.cat(losses, 0)

  def llama_vectors(self: __torch__.Kernel, tokens: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, params: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int]) -> Tensor:
    # What the logits after these tokens are made of, without dropout: [P, hidden] after the final norm.
    (A, sB) = self.casted(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    none: List[Tensor] = []
    saved: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.llama_forward(tokens, groups, none, 0, base, sizes, eps, dtype, packed, flash, False, False, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, none, 0, 0.0)
    (y, r) = self.rms_norm(torch.index_select(h, 0, rows), base[1], eps)
    return y

  def llama_infer(self: __torch__.Kernel, tokens: Tensor, groups: List[int], rows: Tensor, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, params: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int]) -> Tuple[Tensor, Tensor, Tensor, List[Tensor]]:
    # Without dropout -> logits [P, V] and vectors [P, hidden] of these tokens, float32; hidden states
    # [T, hidden] after the final norm; the sites' inputs, empty where no factor reads them.
    (A, sB) = self.casted(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    none: List[Tensor] = []
    saved: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.llama_forward(tokens, groups, none, 0, base, sizes, eps, dtype, packed, flash, False, False, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, none, 0, 0.0)
    (y, r) = self.rms_norm(h, base[1], eps)
    picked = torch.index_select(y, 0, rows)
    return (torch.to(torch.linear(torch.to(picked, dtype), base[2]), 6), picked, y, xs)

  def llama_divergence(self: __torch__.Kernel, live: Tensor, other: Tensor, tokens: Tensor, rows: Tensor, base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool) -> Tensor:
    # Sums over the predicted tokens, float64: KL(live || other) in nats, equal likeliest tokens, loss
    # of other minus loss of live. live, other: [T, hidden] after the final norm.
    targets = torch.index_select(tokens[0], 0, torch.add(rows, 1))
    w = base[2]
    size = max(1, 2097152 // torch.size(w, 0))
    sums = torch.zeros([3], dtype=7, device=ops.prim.device(live))
    for i in range((torch.size(rows, 0) + size - 1) // size):
      count = min(size, torch.size(rows, 0) - i * size)
      part = torch.narrow(rows, 0, i * size, count)
      own = torch.unsqueeze(torch.narrow(targets, 0, i * size, count), 1)
      a = torch.log_softmax(torch.linear(torch.to(torch.index_select(live, 0, part), dtype), w), 1, dtype=7)
      b = torch.log_softmax(torch.linear(torch.to(torch.index_select(other, 0, part), dtype), w), 1, dtype=7)
      kl = torch.sum(torch.mul(torch.exp(a), torch.sub(a, b)))
      same = torch.sum(torch.to(torch.eq(torch.argmax(a, 1), torch.argmax(b, 1)), 7))
      change = torch.sum(torch.sub(torch.gather(a, 1, own), torch.gather(b, 1, own)))
      torch.add_(sums, torch.stack([kl, same, change]))
    return sums

  def llama_decode(self: __torch__.Kernel, tokens: Tensor, start: int, cache: List[Tensor], base: List[Tensor], sizes: List[int], eps: float, dtype: int, packed: bool, flash: bool, params: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int]) -> Tensor:
    # Goes on with one sequence: tokens [2, T] at positions start.. -> logits [V] of the one after them,
    # float32. cache: keys, values [kv heads, capacity, d] of each layer, filled up to start.
    (A, sB) = self.casted(params, rowsA, colsA, rowsB, colsB, scale, dtype)
    none: List[Tensor] = []
    saved: List[Tensor] = []
    groups: List[int] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    h = self.llama_forward(tokens, groups, cache, start, base, sizes, eps, dtype, packed, flash, False, False, saved, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, none, 0, 0.0)
    (y, r) = self.rms_norm(torch.narrow(h, 0, torch.size(h, 0) - 1, 1), base[1], eps)
    return torch.to(torch.squeeze(torch.linear(torch.to(y, dtype), base[2]), 0), 6)
