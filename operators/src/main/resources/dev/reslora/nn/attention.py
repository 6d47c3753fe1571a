  # Attention over packed sequences, each on its own, for every family.
  #
  # groups: pairs (how many, length) of neighbouring sequences of equal length. heads: of the queries;
  # so many in a row read one head of keys and values as shared says (Ainslie et al. 2023), 1: each
  # its own. causal: a token sees itself and what is before it.

  def heads_of(self: __torch__.Kernel, x: Tensor, t: int, count: int, length: int, heads: int) -> Tensor:
    # Tokens t.. of a group, [count length, heads d] -> [count, heads, length, d]
    return torch.transpose(torch.view(torch.narrow(x, 0, t, count * length), [count, length, heads, torch.size(x, 1) // heads]), 1, 2)

  def flat(self: __torch__.Kernel, x: Tensor, shared: int) -> Tensor:
    # [count, heads, length, d] -> [count heads/shared, shared length, d], contiguous
    return torch.reshape(x, [torch.size(x, 0) * torch.size(x, 1) // shared, shared * torch.size(x, 2), torch.size(x, 3)])

  def repeated(self: __torch__.Kernel, x: Tensor, shared: int) -> Tensor:
    # [count, heads, length, d] -> [count, heads shared, length, d], each head so many times in a row
    if shared > 1:
      (count, heads, length, d) = (torch.size(x, 0), torch.size(x, 1), torch.size(x, 2), torch.size(x, 3))
      x = torch.reshape(torch.expand(torch.unsqueeze(x, 2), [count, heads, shared, length, d]), [count, heads * shared, length, d])
    return x

  def summed(self: __torch__.Kernel, g: Tensor, shared: int) -> Tensor:
    # Backward of repeated.
    if shared > 1:
      g = torch.sum(torch.view(g, [torch.size(g, 0), torch.size(g, 1) // shared, shared, torch.size(g, 2), torch.size(g, 3)]), [2])
    return g

  def attention_map(self: __torch__.Kernel, q: Tensor, k: Tensor, shared: int, causal: bool, before: int) -> Tensor:
    # softmax(q k^T / sqrt(d)). q: [n, shared queries, d]; k: [n, keys, d]; with causal, query i sees
    # the first before + i + 1 keys.
    s = torch.mul_(torch.bmm(q, torch.transpose(k, 1, 2)), 1.0 / torch.sqrt(float(torch.size(q, 2))))
    if causal:
      queries = torch.size(q, 1) // shared
      later = torch.triu(torch.ones([queries, torch.size(k, 1)], dtype=11, device=ops.prim.device(q)), before + 1)
      torch.masked_fill_(torch.view(s, [torch.size(q, 0), shared, queries, torch.size(k, 1)]), later, -inf)
    return torch.softmax(s, -1)

  def attention(self: __torch__.Kernel, q: Tensor, k: Tensor, v: Tensor, groups: List[int], heads: int, shared: int, causal: bool, single: bool, flash: bool, saved: List[Tensor]) -> Tensor:
    # softmax(q k^T / sqrt(d)) v. q: [T or S, heads d]; k, v: [T, heads/shared d]. single: one query a
    # sequence, not causal. Leaves two tensors a group in saved.
    ctx = torch.empty([torch.size(q, 0), torch.size(q, 1)], dtype=ops.prim.dtype(q), device=ops.prim.device(q))
    t = 0
    tq = 0
    for i in range(len(groups) // 2):
      count = groups[2 * i]
      length = groups[2 * i + 1]
      queries = length
      if single:
        queries = 1
      qh = self.heads_of(q, tq, count, queries, heads)
      kh = self.heads_of(k, t, count, length, heads // shared)
      vh = self.heads_of(v, t, count, length, heads // shared)
      if flash and not single:
        (o, lse) = ops.aten._scaled_dot_product_flash_attention_for_cpu(qh, self.repeated(kh, shared), self.repeated(vh, shared), 0.0, causal)
        saved.append(o)
        saved.append(lse)
      else:
        p = self.attention_map(self.flat(qh, shared), self.flat(kh, 1), shared, causal, 0)
        o = torch.view(torch.bmm(p, self.flat(vh, 1)), [count, heads, queries, torch.size(qh, 3)])
        saved.append(p)
        saved.append(p)
      torch.copy_(self.heads_of(ctx, tq, count, queries, heads), o)
      t = t + count * length
      tq = tq + count * queries
    return ctx

  def attention_backward(self: __torch__.Kernel, g: Tensor, q: Tensor, k: Tensor, v: Tensor, dq: Tensor, dk: Tensor, dv: Tensor, groups: List[int], heads: int, shared: int, causal: bool, single: bool, flash: bool, saved: List[Tensor], at: int) -> None:
    # Writes dL/dq, dL/dk, dL/dv into dq, dk, dv (views of one fused gradient). g: dL/dctx.
    t = 0
    tq = 0
    for i in range(len(groups) // 2):
      count = groups[2 * i]
      length = groups[2 * i + 1]
      queries = length
      if single:
        queries = 1
      gh = self.heads_of(g, tq, count, queries, heads)
      qh = self.heads_of(q, tq, count, queries, heads)
      kh = self.heads_of(k, t, count, length, heads // shared)
      vh = self.heads_of(v, t, count, length, heads // shared)
      if flash and not single:
        (gq, gk, gv) = ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(gh, qh, self.repeated(kh, shared), self.repeated(vh, shared), saved[at + 2 * i], saved[at + 2 * i + 1], 0.0, causal)
        torch.copy_(self.heads_of(dq, tq, count, queries, heads), gq)
        torch.copy_(self.heads_of(dk, t, count, length, heads // shared), self.summed(gk, shared))
        torch.copy_(self.heads_of(dv, t, count, length, heads // shared), self.summed(gv, shared))
      else:
        # A masked place has p = 0, hence no gradient.
        d = torch.size(qh, 3)
        scale = 1.0 / torch.sqrt(float(d))
        p = saved[at + 2 * i]
        gf = self.flat(gh, shared)
        dp = torch.bmm(gf, torch.transpose(self.flat(vh, 1), 1, 2))
        ds = torch.mul_(torch._softmax_backward_data(dp, p, -1, ops.prim.dtype(p)), scale)
        torch.copy_(self.heads_of(dq, tq, count, queries, heads), torch.view(torch.bmm(ds, self.flat(kh, 1)), [count, heads, queries, d]))
        torch.copy_(self.heads_of(dk, t, count, length, heads // shared), torch.view(torch.bmm(torch.transpose(ds, 1, 2), self.flat(qh, shared)), [count, heads // shared, length, d]))
        torch.copy_(self.heads_of(dv, t, count, length, heads // shared), torch.view(torch.bmm(torch.transpose(p, 1, 2), gf), [count, heads // shared, length, d]))
      t = t + count * length
      tq = tq + count * queries

