  # The adapted projection, forward and backward, for every shortcut (ResLoRA, section 3.1).
  #
  # A site is one input that one or more projections share; its rows are tokens. Slots of a site are
  # the adapted projections, named by their factor f. The plan, made by AdapterPlan:
  #   slots[first[n] : first[n+1]]    factors at site n
  #   window[begin[f] : begin[f+1]]   f itself, then its linked ancestors, nearest first
  #   site[f], col[f]                 where f reads; its first column in the site's fused output
  #   pooled[n]                       1 where only the pooled tokens' rows pass, 0 where all do
  # Shortcut: 0 none, 1 input, 2 block, 3 middle. In the compute type: A [r, in], sB = s B [out, r].
  # One pass's context: xs[n] the sites' inputs [T, in], zs[f] = x_f A_f^T [T, r] (block: the z of
  # the whole window, [T, (m+1) r]).
  #
  # Several adapters of one plan in one pass: factor f's A of all of them lie one below the other,
  # [K r, in], their sB side by side, [out, K r], so that the products are one adapter's of rank K r;
  # owners says which columns are a token's own, and the others are zero, in z and in dL/dz.

  def linear(self: __torch__.Kernel, x: Tensor, w: Tensor, b: Optional[Tensor], packed: bool) -> Tensor:
    # x W^T + b. x: [T, in], W: [out, in] (packed for oneDNN, or plain) -> [T, out]
    if packed:
      y = ops.mkldnn._linear_pointwise(x, w, b, "none", annotate(List[Optional[number]], []), "")
    else:
      y = torch.linear(x, w, b)
    return y

  def pack(self: __torch__.Kernel, w: Tensor, dtype: int, packed: bool) -> Tensor:
    # A frozen weight [out, in] in the compute type, in oneDNN's blocked layout where that pays.
    # Always a copy: what comes from Java lies in memory that Java frees.
    wd = torch.clone(torch.to(w, dtype), memory_format=0)
    if packed:
      wd = ops.mkldnn._reorder_linear_weight(wd, None)
    return wd

  def narrow_product(self: __torch__.Kernel, x: Tensor, a: Tensor) -> Tensor:
    # x a^T, a of few rows, as (a x^T)^T: on CPUs up to five times faster than the other way round.
    # x: [T, in], a: [r, in] -> [T, r], its columns contiguous
    return torch.t(torch.mm(a, torch.t(x)))

  def random_bits(self: __torch__.Kernel, x: Tensor) -> Tensor:
    # A counter's 31 mixed bits: multiply and xor-shift rounds on int64 that never overflow.
    h = torch.bitwise_and(torch.mul(torch.bitwise_xor(x, torch.bitwise_right_shift(x, 15)), 739982445), 2147483647)
    h = torch.bitwise_and(torch.mul(torch.bitwise_xor(h, torch.bitwise_right_shift(h, 12)), 695872825), 2147483647)
    return torch.bitwise_xor(h, torch.bitwise_right_shift(h, 15))

  def counters(self: __torch__.Kernel, count: int, key: int, like: Tensor) -> Tensor:
    # The bits of 0 .. count-1 under a key. Mixed before the key joins as well as after: otherwise
    # the next key would give the same bits, one place on.
    x = self.random_bits(torch.arange(count, dtype=4, device=ops.prim.device(like)))
    return self.random_bits(torch.bitwise_and(torch.add(x, key % 2147483647), 2147483647))

  def dropout_mask(self: __torch__.Kernel, key: int, index: int, p: float, like: Tensor) -> Tensor:
    # Mask with factor 1/(1-p), a function of (key, index, row, column) alone: any device, any
    # thread count and a second pass over the same batch give the same mask.
    rows = self.counters(torch.size(like, 0), key % 2147483647 + index * 1000003, like)
    cols = self.counters(torch.size(like, 1), key // 2147483647 + index * 998244353, like)
    h = self.random_bits(torch.bitwise_and(torch.add(torch.mul(torch.unsqueeze(rows, 1), 3), torch.unsqueeze(cols, 0)), 2147483647))
    keep = torch.ge(h, int(p * 2147483648.0))
    return torch.div(torch.to(keep, ops.prim.dtype(like)), 1.0 - p)

  def mask(self: __torch__.Kernel, masks: List[Tensor], key: int, index: int, p: float, u: Tensor) -> Tensor:
    if len(masks) > 0:
      m = torch.to(masks[index], ops.prim.dtype(u))
    else:
      m = self.dropout_mask(key, index, p, u)
    return m

  def own(self: __torch__.Kernel, z: Tensor, pool: int, owners: List[Tensor]) -> Tensor:
    # Of several adapters' blocks side by side, z: [T, m K r], each token keeps what its own made. z is
    # not to be used after.
    if len(owners) > 0:
      others = owners[pool]
      (columns, count) = (torch.size(others, 0), torch.size(others, 1))
      blocks = torch.reshape(torch.t(z), [torch.size(z, 1) // columns, columns, count])
      z = torch.t(torch.view(torch.masked_fill_(blocks, others, 0), [torch.size(z, 1), count]))
    return z

  def owned(self: __torch__.Kernel, owner: Tensor, adapters: int, ranks: List[int], rows: Tensor) -> List[Tensor]:
    # Which of the K r columns are not a token's own, bool [K r, T], and the same for the pooled tokens;
    # nothing for one adapter. owner: [T] int64, each token's adapter.
    masks: List[Tensor] = []
    if adapters > 1 and len(ranks) > 0:
      columns = torch.repeat_interleave(torch.arange(adapters, dtype=4, device=ops.prim.device(owner)), ranks[0])
      others = torch.ne(torch.unsqueeze(columns, 1), torch.unsqueeze(owner, 0))
      masks = [others, torch.index_select(others, 1, rows)]
    return masks

  def rows_of(self: __torch__.Kernel, x: Tensor, n: int, q: int, pooled: List[int], rows: Tensor) -> Tensor:
    # What site n sees of a tensor with site q's rows.
    if pooled[n] > pooled[q]:
      x = torch.index_select(x, 0, rows)
    return x

  def spread(self: __torch__.Kernel, g: Tensor, n: int, q: int, pooled: List[int], rows: Tensor, count: int) -> Tensor:
    # Backward of rows_of: the gradient with site q's rows.
    if pooled[n] > pooled[q]:
      g = torch.index_add(torch.zeros([count, torch.size(g, 1)], dtype=ops.prim.dtype(g), device=ops.prim.device(g)), 0, rows, g)
    return g

  def effective_input(self: __torch__.Kernel, f: int, xs: List[Tensor], shortcut: int, begin: List[int], window: List[int], site: List[int], pooled: List[int], rows: Tensor) -> Tensor:
    # u = x_n, or x_n + x_{n-1} with the input shortcut; at a chain's head x_{n-1} := x_n.
    n = site[f]
    u = xs[n]
    if shortcut == 1:
      if begin[f + 1] - begin[f] > 1:
        q = site[window[begin[f] + 1]]
        u = torch.add(u, self.rows_of(xs[q], n, q, pooled, rows))
      else:
        u = torch.mul(u, 2)
    return u

  def source(self: __torch__.Kernel, f: int, shortcut: int, begin: List[int], window: List[int], site: List[int]) -> int:
    # The site whose input joins f's, its own at a chain's head and without input shortcut.
    q = site[f]
    if shortcut == 1:
      if begin[f + 1] - begin[f] > 1:
        q = site[window[begin[f] + 1]]
    return q

  def parts(self: __torch__.Kernel, f: int, shortcut: int, begin: List[int]) -> int:
    # How many low-rank blocks read f's input: the whole window with the block shortcut, else one.
    k = 1
    if shortcut == 2:
      k = begin[f + 1] - begin[f]
    return k

  def group_end(self: __torch__.Kernel, i: int, end: int, shortcut: int, slots: List[int], begin: List[int], window: List[int], site: List[int]) -> int:
    # Slots i up to this one share their effective input, so one product serves all their A.
    q = self.source(slots[i], shortcut, begin, window, site)
    e = i + 1
    same = True
    for t in range(end - i - 1):
      if same:
        same = self.source(slots[i + 1 + t], shortcut, begin, window, site) == q
      if same:
        e = e + 1
    return e

  def wide(self: __torch__.Kernel, f: int, B: List[Tensor], shortcut: int, begin: List[int], window: List[int]) -> Tensor:
    # B of all blocks of f side by side: [out, parts r].
    b = B[f]
    k = self.parts(f, shortcut, begin)
    if k > 1:
      bs: List[Tensor] = []
      for i in range(k):
        bs.append(B[window[begin[f] + i]])
      b = torch.cat(bs, 1)
    return b

  def tall(self: __torch__.Kernel, i: int, e: int, A: List[Tensor], shortcut: int, slots: List[int], begin: List[int], window: List[int]) -> Tensor:
    # A of all blocks of the slots i..e, stacked by rows: [sum parts r, in].
    parts: List[Tensor] = []
    for t in range(e - i):
      f = slots[i + t]
      for k in range(self.parts(f, shortcut, begin)):
        parts.append(A[window[begin[f] + k]])
    a = parts[0]
    if len(parts) > 1:
      a = torch.cat(parts, 0)
    return a

  def middle(self: __torch__.Kernel, f: int, zs: List[Tensor], shortcut: int, begin: List[int], window: List[int], site: List[int], pooled: List[int], rows: Tensor) -> Tensor:
    # What B_f multiplies: z_f, or with the middle shortcut sum_k z_{n-k}, each the layer's own.
    z = zs[f]
    if shortcut == 3:
      for k in range(begin[f + 1] - begin[f] - 1):
        j = window[begin[f] + 1 + k]
        z = torch.add(z, self.rows_of(zs[j], site[f], site[j], pooled, rows))
    return z

  def adapt(self: __torch__.Kernel, n: int, y: Tensor, xs: List[Tensor], zs: List[Tensor], A: List[Tensor], sB: List[Tensor], shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], rows: Tensor, masks: List[Tensor], owners: List[Tensor], key: int, p: float) -> Tensor:
    # y + D_n, in place. y: [T, fused out], what the frozen projections made of xs[n].
    i = first[n]
    end = first[n + 1]
    for t in range(end - i):
      if i < end:
        e = self.group_end(i, end, shortcut, slots, begin, window, site)
        u = self.effective_input(slots[i], xs, shortcut, begin, window, site, pooled, rows)
        if p > 0.0 or len(masks) > 0:
          for s in range(e - i):
            f = slots[i + s]
            zparts: List[Tensor] = []
            for k in range(self.parts(f, shortcut, begin)):
              m = self.mask(masks, key, begin[f] + k, p, u)
              zparts.append(self.narrow_product(torch.mul(u, m), A[window[begin[f] + k]]))
            zs[f] = self.own(torch.cat(zparts, 1), pooled[n], owners)
        else:
          z = self.own(self.narrow_product(u, self.tall(i, e, A, shortcut, slots, begin, window)), pooled[n], owners)
          c = 0
          for s in range(e - i):
            f = slots[i + s]
            r = self.parts(f, shortcut, begin) * torch.size(A[f], 0)
            zs[f] = torch.narrow(z, 1, c, r)
            c = c + r
        for s in range(e - i):
          f = slots[i + s]
          b = self.wide(f, sB, shortcut, begin, window)
          z = self.middle(f, zs, shortcut, begin, window, site, pooled, rows)
          torch.addmm_(torch.narrow(y, 1, col[f], torch.size(b, 0)), z, torch.t(b))
        i = e
    return y

  def adapt_backward(self: __torch__.Kernel, n: int, g: Tensor, dx: Optional[Tensor], xs: List[Tensor], zs: List[Tensor], dxs: List[Optional[Tensor]], dzs: List[Optional[Tensor]], A: List[Tensor], sB: List[Tensor], gA: List[Tensor], gB: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], rows: Tensor, masks: List[Tensor], owners: List[Tensor], key: int, p: float) -> Optional[Tensor]:
    # Adds dA, dB to gA, gB; returns dx + the adapter's share of dL/dx_n (dx None: nobody asks).
    # g = dL/dy: [T, fused out]. Later sites ran before: what they owe x_q and z_j lies in dxs, dzs.
    i = first[n]
    end = first[n + 1]
    for t in range(end - i):
      if i < end:
        e = self.group_end(i, end, shortcut, slots, begin, window, site)
        u = self.effective_input(slots[i], xs, shortcut, begin, window, site, pooled, rows)
        dzg: List[Tensor] = []
        for s in range(e - i):
          f = slots[i + s]
          b = self.wide(f, sB, shortcut, begin, window)
          gf = torch.narrow(g, 1, col[f], torch.size(b, 0))
          z = self.middle(f, zs, shortcut, begin, window, site, pooled, rows)
          dB = self.narrow_product(torch.t(gf), torch.t(z))
          r = torch.size(A[f], 0)
          for k in range(self.parts(f, shortcut, begin)):
            torch.add_(gB[window[begin[f] + k]], torch.narrow(dB, 1, k * r, r), alpha=scale)
          dz = self.own(self.narrow_product(gf, torch.t(b)), pooled[n], owners)
          if shortcut == 3:
            for k in range(begin[f + 1] - begin[f] - 1):
              j = window[begin[f] + 1 + k]
              owed = self.spread(dz, n, site[j], pooled, rows, torch.size(zs[j], 0))
              before = dzs[j]
              if before is not None:
                owed = torch.add(before, owed)
              dzs[j] = owed
            mine = dzs[f]
            if mine is not None:
              dz = torch.add(dz, mine)
            dzs[f] = None
          dzg.append(dz)
        back = dx is not None or self.source(slots[i], shortcut, begin, window, site) != n
        v: Optional[Tensor] = None
        if p > 0.0 or len(masks) > 0:
          for s in range(e - i):
            f = slots[i + s]
            r = torch.size(A[f], 0)
            for k in range(self.parts(f, shortcut, begin)):
              j = window[begin[f] + k]
              m = self.mask(masks, key, begin[f] + k, p, u)
              dzk = torch.narrow(dzg[s], 1, k * r, r)
              torch.add_(gA[j], torch.mm(torch.t(dzk), torch.mul(u, m)))
              if back:
                vk = torch.mul(torch.mm(dzk, A[j]), m)
                if v is not None:
                  vk = torch.add(vk, v)
                v = vk
        else:
          dz = dzg[0]
          if len(dzg) > 1:
            dz = torch.cat(dzg, 1)
          dA = torch.mm(torch.t(dz), u)
          c = 0
          for s in range(e - i):
            f = slots[i + s]
            r = torch.size(A[f], 0)
            for k in range(self.parts(f, shortcut, begin)):
              torch.add_(gA[window[begin[f] + k]], torch.narrow(dA, 0, c, r))
              c = c + r
          if back:
            a = self.tall(i, e, A, shortcut, slots, begin, window)
            if shortcut != 1 and dx is not None:
              dx = torch.addmm_(dx, dz, a)
            else:
              v = torch.mm(dz, a)
        if v is not None:
          if shortcut == 1:
            q = self.source(slots[i], shortcut, begin, window, site)
            if q == n:
              v = torch.mul(v, 2)
            else:
              owed = self.spread(v, n, q, pooled, rows, torch.size(xs[q], 0))
              before = dxs[q]
              if before is not None:
                owed = torch.add(before, owed)
              dxs[q] = owed
          if dx is not None:
            dx = torch.add_(dx, v)
        i = e
    mine = dxs[n]
    if dx is not None:
      if mine is not None:
        dx = torch.add_(dx, mine)
    dxs[n] = None
    return dx

  def factors(self: __torch__.Kernel, params: Tensor, offset: int, rows: List[int], cols: List[int]) -> List[Tensor]:
    # Views of the flat parameters: matrix i is [rows_i, cols_i], one after the other from offset.
    views: List[Tensor] = []
    o = offset
    for i in range(len(rows)):
      views.append(torch.view(torch.narrow(params, 0, o, rows[i] * cols[i]), [rows[i], cols[i]]))
      o = o + rows[i] * cols[i]
    return views

  def cast(self: __torch__.Kernel, xs: List[Tensor], scale: float, dtype: int) -> List[Tensor]:
    ys: List[Tensor] = []
    for i in range(len(xs)):
      x = xs[i]
      if scale != 1.0:
        x = torch.mul(x, scale)
      ys.append(torch.to(x, dtype))
    return ys

  def casted(self: __torch__.Kernel, params: Tensor, rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, dtype: int) -> Tuple[List[Tensor], List[Tensor]]:
    # The factors of the flat parameters in the compute type: A, s B.
    sizeA = 0
    for f in range(len(rowsA)):
      sizeA = sizeA + rowsA[f] * colsA[f]
    A = self.cast(self.factors(params, 0, rowsA, colsA), 1.0, dtype)
    sB = self.cast(self.factors(params, sizeA, rowsB, colsB), scale, dtype)
    return (A, sB)

  def casted_together(self: __torch__.Kernel, params: List[Tensor], rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int], scale: float, dtype: int) -> Tuple[List[Tensor], List[Tensor]]:
    # The factors of several adapters: A [K r, in], s B [out, K r].
    (A, sB) = self.casted(params[0], rowsA, colsA, rowsB, colsB, scale, dtype)
    if len(params) > 1:
      As: List[List[Tensor]] = [A]
      sBs: List[List[Tensor]] = [sB]
      for k in range(len(params) - 1):
        (a, b) = self.casted(params[k + 1], rowsA, colsA, rowsB, colsB, scale, dtype)
        As.append(a)
        sBs.append(b)
      A = self.side_by_side(As, 0)
      sB = self.side_by_side(sBs, 1)
    return (A, sB)

  def side_by_side(self: __torch__.Kernel, xs: List[List[Tensor]], dim: int) -> List[Tensor]:
    # The f-th of every list, joined, for each f.
    ys: List[Tensor] = []
    for f in range(len(xs[0])):
      parts: List[Tensor] = []
      for k in range(len(xs)):
        parts.append(xs[k][f])
      ys.append(torch.cat(parts, dim))
    return ys

  def gradients(self: __torch__.Kernel, grads: List[Tensor], rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int]) -> Tuple[List[Tensor], List[Tensor]]:
    # Where a pass adds dA and dB: one adapter's flat gradients, or room for those of several.
    sizeA = 0
    for f in range(len(rowsA)):
      sizeA = sizeA + rowsA[f] * colsA[f]
    gA = self.factors(grads[0], 0, rowsA, colsA)
    gB = self.factors(grads[0], sizeA, rowsB, colsB)
    adapters = len(grads)
    if adapters > 1:
      for f in range(len(gA)):
        gA[f] = torch.zeros([adapters * rowsA[f], colsA[f]], dtype=6, device=ops.prim.device(gA[f]))
        gB[f] = torch.zeros([rowsB[f], adapters * colsB[f]], dtype=6, device=ops.prim.device(gB[f]))
    return (gA, gB)

  def hand_out(self: __torch__.Kernel, gA: List[Tensor], gB: List[Tensor], grads: List[Tensor], rowsA: List[int], colsA: List[int], rowsB: List[int], colsB: List[int]) -> None:
    # Gives each of several adapters its share of what gradients made room for.
    if len(grads) > 1:
      for k in range(len(grads)):
        (a, b) = self.gradients([grads[k]], rowsA, colsA, rowsB, colsB)
        for f in range(len(a)):
          torch.add_(a[f], torch.narrow(gA[f], 0, k * rowsA[f], rowsA[f]))
          torch.add_(b[f], torch.narrow(gB[f], 1, k * colsB[f], colsB[f]))

  def pull(self: __torch__.Kernel, params: Tensor, grads: Tensor, ends: List[int], anchor: List[Tensor], springs: List[float], ewc: List[Tensor], strength: float) -> None:
    # Adds the gradient of springs_i/2 |w - w0|^2 over group i, L2-SP (Li et al. 2018, equation 3), and
    # of strength/2 sum F (w - w*)^2, online EWC (Schwarz et al. 2018, section 3.2).
    # anchor: w0; ewc: F, w*; of the layout of params, or nothing.
    if len(anchor) > 0:
      begin = 0
      for i in range(len(ends)):
        size = ends[i] - begin
        torch.add_(torch.narrow(grads, 0, begin, size), torch.sub(torch.narrow(params, 0, begin, size), torch.narrow(anchor[0], 0, begin, size)), alpha=springs[i])
        begin = ends[i]
    if len(ewc) > 0:
      torch.addcmul_(grads, ewc[0], torch.sub(params, ewc[1]), value=strength)

  def consolidate(self: __torch__.Kernel, params: Tensor, ewc: List[Tensor], squares: Tensor, batches: int, decay: float) -> float:
    # Online EWC at a task's end: F = decay F + squares / batches, w* = params; squares are zero after.
    # Returns the trace of F.
    if batches > 0:
      torch.add_(torch.mul_(ewc[0], decay), squares, alpha=1.0 / float(batches))
      torch.zero_(squares)
    torch.copy_(ewc[1], params)
    return float(torch.item(torch.sum(ewc[0], dtype=7)))

  def adamw(self: __torch__.Kernel, params: Tensor, grads: Tensor, m: Tensor, v: Tensor, anchor: List[Tensor], springs: List[float], ewc: List[Tensor], strength: float, ends: List[int], lrs: List[float], decays: List[float], step: int, beta1: float, beta2: float, eps: float, clip: float, share: float) -> Tensor:
    # One step with decoupled decay (Loshchilov & Hutter 2019), in place, over the flat parameters;
    # group i ends at ends[i] with its own rate and decay. share: factor of the summed gradients, to
    # which the penalties' are added before clipping. The gradients are zero after. Returns the global gradient norm before clipping, and by what share
    # of its norm the first group, the factors, moved; when the first is not finite nothing else was
    # touched.
    if share != 1.0:
      torch.mul_(grads, share)
    self.pull(params, grads, ends, anchor, springs, ewc, strength)
    norm = torch.linalg_vector_norm(grads, 2, dtype=7)
    moved = torch.zeros_like(norm)
    total = float(torch.item(norm))
    if total - total == 0.0:
      if clip > 0.0:
        if total > clip:
          torch.mul_(grads, clip / (total + 1e-6))
      factors = torch.narrow(params, 0, 0, ends[0])
      before = torch.clone(factors)
      begin = 0
      for i in range(len(ends)):
        size = ends[i] - begin
        if size > 0:
          # Not _fused_adamw_: the compiler takes a list literal's tensors for unchanged and drops it.
          p = torch.narrow(params, 0, begin, size)
          g = torch.narrow(grads, 0, begin, size)
          first = torch.narrow(m, 0, begin, size)
          second = torch.narrow(v, 0, begin, size)
          torch.mul_(p, 1.0 - lrs[i] * decays[i])
          torch.lerp_(first, g, 1.0 - beta1)
          torch.addcmul_(torch.mul_(second, beta2), g, g, value=1.0 - beta2)
          root = torch.sqrt(1.0 - torch.pow(beta2, float(step)))
          denominator = torch.add_(torch.div_(torch.sqrt(second), root), eps)
          torch.addcdiv_(p, first, denominator, value=-lrs[i] / (1.0 - torch.pow(beta1, float(step))))
        begin = ends[i]
      weight = torch.linalg_vector_norm(before, 2, dtype=7)
      moved = torch.div(torch.linalg_vector_norm(torch.sub_(before, factors), 2, dtype=7), weight)
    torch.zero_(grads)
    return torch.stack([norm, moved])

  def total_norm(self: __torch__.Kernel, xs: List[Tensor]) -> float:
    # The sum of their norms: finite where all of them are.
    norms: List[Tensor] = []
    for i in range(len(xs)):
      norms.append(torch.linalg_vector_norm(xs[i], 2, dtype=7))
    return float(torch.item(torch.sum(torch.stack(norms))))

  def accumulate(self: __torch__.Kernel, sum: Tensor, grads: Tensor, keep: bool) -> float:
    # Adds one micro-batch's gradient to the sum, where it is finite and to be kept; the gradient is
    # zero after. Returns its norm.
    norm = float(torch.item(torch.linalg_vector_norm(grads, 2, dtype=7)))
    if keep and norm - norm == 0.0:
      torch.add_(sum, grads)
    torch.zero_(grads)
    return norm

  def accumulate_squares(self: __torch__.Kernel, sum: Tensor, grads: Tensor, squares: Tensor, examples: float, largest: float) -> float:
    # accumulate of a gradient that is to be kept; adds examples g^2 to squares where the norm of g is
    # at most the largest, above which a square might not be finite.
    norm = float(torch.item(torch.linalg_vector_norm(grads, 2, dtype=7)))
    if norm <= largest:
      torch.addcmul_(squares, grads, grads, value=examples)
    if norm - norm == 0.0:
      torch.add_(sum, grads)
    torch.zero_(grads)
    return norm
