  # A Llama with adapted projections (Touvron et al. 2023; ResLoRA, section 3.1), spelled out: float64,
  # one sequence at a time, every projection and head by itself, gradients by autograd. What llama.py
  # is held to.
  #
  # A projection's number is 7 layer + (0 q, 1 k, 2 v, 3 o, 4 gate, 5 up, 6 down). base: embeddings,
  # final norm, output weight, frequencies; then 18 a layer: two norms, norms of q and k heads, weight
  # and bias of each projection; what the model does not have is one zero.
  # factors: A of every adapted projection, B of each. masks: for each factor one for each member of
  # its window, [tokens of all sequences, in]; one vector alone when nothing is dropped.
  # settings: layers, heads, key-value heads, width of a head, shortcut (0 none, 1 input, 2 block,
  # 3 middle), pre_num.

  def projection(self: __torch__.Kernel, p: int, x: Tensor, xs: List[Tensor], start: int, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], adapted: List[int], settings: List[int], scale: float) -> Tensor:
    # x W^T + b + D
    at = 4 + 18 * (p // 7) + 4 + 2 * (p % 7)
    y = torch.mm(x, torch.t(base[at])) + base[at + 1]
    for f in range(len(adapted)):
      if adapted[f] == p:
        xs[f] = x
        y = y + self.delta(f, xs, start, factors, masks, adapted, 7, settings[4], settings[5]) * scale
    return y

  def norm(self: __torch__.Kernel, x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return x / torch.sqrt(torch.mean(x * x, [1], True) + eps) * weight

  def head(self: __torch__.Kernel, x: Tensor, i: int, width: int, weight: Tensor, angle: Tensor, eps: float) -> Tensor:
    # Head i of q or k, normalised where the model does, then turned.
    h = torch.narrow(x, 1, i * width, width)
    if torch.size(weight, 0) > 1:
      h = self.norm(h, weight, eps)
    a = torch.narrow(h, 1, 0, width // 2)
    b = torch.narrow(h, 1, width // 2, width // 2)
    return torch.cat([a * torch.cos(angle) - b * torch.sin(angle), b * torch.cos(angle) + a * torch.sin(angle)], 1)

  def decode(self: __torch__.Kernel, tokens: Tensor, start: int, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], adapted: List[int], settings: List[int], eps: float, scale: float) -> Tensor:
    # One sequence's ids [T] -> logits [T, V]
    length = torch.size(tokens, 0)
    width = settings[3]
    angle = torch.unsqueeze(torch.arange(length, dtype=7), 1) * base[3]
    later = torch.triu(torch.full([length, length], -1e30, dtype=7), 1)
    x = torch.index_select(base[0], 0, tokens)
    xs: List[Tensor] = []
    for f in range(len(adapted)):
      xs.append(x)
    for l in range(settings[0]):
      o = 4 + 18 * l
      n = self.norm(x, base[o], eps)
      q = self.projection(7 * l, n, xs, start, base, factors, masks, adapted, settings, scale)
      k = self.projection(7 * l + 1, n, xs, start, base, factors, masks, adapted, settings, scale)
      v = self.projection(7 * l + 2, n, xs, start, base, factors, masks, adapted, settings, scale)
      heads: List[Tensor] = []
      for i in range(settings[1]):
        j = i * settings[2] // settings[1]
        qh = self.head(q, i, width, base[o + 2], angle, eps)
        kh = self.head(k, j, width, base[o + 3], angle, eps)
        map = torch.softmax(torch.mm(qh, torch.t(kh)) / torch.sqrt(float(width)) + later, -1)
        heads.append(torch.mm(map, torch.narrow(v, 1, j * width, width)))
      x = x + self.projection(7 * l + 3, torch.cat(heads, 1), xs, start, base, factors, masks, adapted, settings, scale)
      n = self.norm(x, base[o + 1], eps)
      gate = self.projection(7 * l + 4, n, xs, start, base, factors, masks, adapted, settings, scale)
      up = self.projection(7 * l + 5, n, xs, start, base, factors, masks, adapted, settings, scale)
      x = x + self.projection(7 * l + 6, gate * torch.sigmoid(gate) * up, xs, start, base, factors, masks, adapted, settings, scale)
    return torch.mm(self.norm(x, base[1], eps), torch.t(base[2]))

  def double(self: __torch__.Kernel, xs: List[Tensor]) -> List[Tensor]:
    ys: List[Tensor] = []
    for i in range(len(xs)):
      ys.append(torch.to(xs[i], 7))
    return ys

  def ints(self: __torch__.Kernel, x: Tensor) -> List[int]:
    ys: List[int] = []
    for i in range(torch.size(x, 0)):
      ys.append(int(torch.item(x[i])))
    return ys

  def losses(self: __torch__.Kernel, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], sequences: List[Tensor], begins: Tensor, adapted: Tensor, settings: Tensor, reals: Tensor) -> Tensor:
    # begins: first token that is predicted, of each sequence; reals: epsilon of the norms, s -> sum of
    # the predicted tokens' losses of each sequence [S], nats
    sums: List[Tensor] = []
    wide = self.double(base)
    start = 0
    froms = self.ints(begins)
    for i in range(len(sequences)):
      logits = self.decode(sequences[i], start, wide, factors, self.double(masks), self.ints(adapted), self.ints(settings), float(torch.item(reals[0])), float(torch.item(reals[1])))
      length = torch.size(logits, 0)
      start = start + length
      count = length - froms[i]
      told = torch.unsqueeze(torch.narrow(sequences[i], 0, froms[i], count), 1)
      before = torch.narrow(logits, 0, froms[i] - 1, count)
      own = torch.gather(before, 1, told)
      sums.append(torch.sum(torch.unsqueeze(torch.logsumexp(before, [1]), 1) - own))
    return torch.stack(sums)

  def gradients(self: __torch__.Kernel, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], sequences: List[Tensor], begins: Tensor, adapted: Tensor, settings: Tensor, reals: Tensor, weights: Tensor) -> List[Tensor]:
    # -> losses [S], then the gradient of their weighted sum for every factor
    leaves: List[Tensor] = []
    for f in range(len(factors)):
      leaves.append(torch.requires_grad_(torch.clone(factors[f])))
    losses = self.losses(base, leaves, masks, sequences, begins, adapted, settings, reals)
    result = [losses]
    found = torch.autograd.grad([torch.sum(losses * torch.to(weights, 7))], leaves, None, None, False, True)
    for f in range(len(leaves)):
      g = found[f]
      if g is None:
        g = torch.zeros_like(factors[f])
      result.append(g)
    return result
