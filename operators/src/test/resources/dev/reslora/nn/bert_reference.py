  # BERT with adapted projections (Devlin et al. 2019; ResLoRA, section 3.1), spelled out: float64, one
  # sequence at a time, every projection by itself, gradients by autograd. What bert.py is held to.
  #
  # A projection's number is 6 layer + (0 query, 1 key, 2 value, 3 attention output, 4 intermediate,
  # 5 output). base: word, position, segment embeddings, norm weight and bias; then 16 a layer, weight
  # and bias of query, key, value, attention output, norm, intermediate, output, norm.
  # factors: A of every adapted projection, B of each, the classifier's weight and bias.
  # masks: for each factor one for each member of its window, [tokens of all sequences, in]; one
  # vector alone when nothing is dropped.
  # settings: layers, heads, activation (0 erf, 1 tanh, 2 relu), cls, shortcut (0 none, 1 input,
  # 2 block, 3 middle), pre_num, position of a first token.

  def projection(self: __torch__.Kernel, p: int, x: Tensor, xs: List[Tensor], start: int, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], adapted: List[int], shortcut: int, pre: int, scale: float) -> Tensor:
    # x W^T + b + D
    at = 5 + 16 * (p // 6) + 2 * (p % 6)
    if p % 6 > 3:
      at = at + 2
    y = torch.mm(x, torch.t(base[at])) + base[at + 1]
    for f in range(len(adapted)):
      if adapted[f] == p:
        xs[f] = x
        y = y + self.delta(f, xs, start, factors, masks, adapted, 6, shortcut, pre) * scale
    return y

  def norm(self: __torch__.Kernel, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    centred = x - torch.mean(x, [1], True)
    return centred / torch.sqrt(torch.mean(centred * centred, [1], True) + eps) * weight + bias

  def activate(self: __torch__.Kernel, x: Tensor, activation: int) -> Tensor:
    y = torch.clamp(x, 0)
    if activation == 0:
      y = x * 0.5 * (torch.erf(x / torch.sqrt(2.0)) + 1.0)
    if activation == 1:
      y = x * 0.5 * (torch.tanh((x + x * x * x * 0.044715) * torch.sqrt(2.0 / 3.141592653589793)) + 1.0)
    return y

  def encode(self: __torch__.Kernel, tokens: Tensor, start: int, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], adapted: List[int], settings: List[int], eps: float, scale: float) -> Tensor:
    # One sequence's ids and segments [2, T] -> last hidden states [T, hidden]
    shortcut = settings[4]
    pre = settings[5]
    length = torch.size(tokens, 1)
    positions = torch.arange(settings[6], settings[6] + length, dtype=4)
    x = torch.index_select(base[0], 0, tokens[0]) + torch.index_select(base[1], 0, positions)
    x = self.norm(x + torch.index_select(base[2], 0, tokens[1]), base[3], base[4], eps)
    xs: List[Tensor] = []
    for f in range(len(adapted)):
      xs.append(x)
    for l in range(settings[0]):
      o = 5 + 16 * l
      q = self.projection(6 * l, x, xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      k = self.projection(6 * l + 1, x, xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      v = self.projection(6 * l + 2, x, xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      width = torch.size(q, 1) // settings[1]
      heads: List[Tensor] = []
      for i in range(settings[1]):
        qh = torch.narrow(q, 1, i * width, width)
        kh = torch.narrow(k, 1, i * width, width)
        map = torch.softmax(torch.mm(qh, torch.t(kh)) / torch.sqrt(float(width)), -1)
        heads.append(torch.mm(map, torch.narrow(v, 1, i * width, width)))
      y = self.projection(6 * l + 3, torch.cat(heads, 1), xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      x = self.norm(x + y, base[o + 8], base[o + 9], eps)
      y = self.projection(6 * l + 4, x, xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      y = self.projection(6 * l + 5, self.activate(y, settings[2]), xs, start, base, factors, masks, adapted, shortcut, pre, scale)
      x = self.norm(x + y, base[o + 14], base[o + 15], eps)
    return x

  def double(self: __torch__.Kernel, xs: List[Tensor]) -> List[Tensor]:
    ys: List[Tensor] = []
    for i in range(len(xs)):
      ys.append(torch.to(xs[i], 7))
    return ys

  def losses(self: __torch__.Kernel, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], sequences: List[Tensor], targets: Tensor, adapted: Tensor, settings: Tensor, reals: Tensor) -> List[Tensor]:
    # reals: epsilon of the norms, s -> losses [S] in nats; pooled vectors [S, hidden]
    plan: List[int] = []
    for f in range(torch.size(adapted, 0)):
      plan.append(int(torch.item(adapted[f])))
    numbers: List[int] = []
    for i in range(torch.size(settings, 0)):
      numbers.append(int(torch.item(settings[i])))
    eps = float(torch.item(reals[0]))
    scale = float(torch.item(reals[1]))
    base = self.double(base)
    masks = self.double(masks)
    pooled: List[Tensor] = []
    start = 0
    for i in range(len(sequences)):
      h = self.encode(sequences[i], start, base, factors, masks, plan, numbers, eps, scale)
      start = start + torch.size(h, 0)
      if numbers[3] == 1:
        pooled.append(h[0])
      else:
        pooled.append(torch.mean(h, [0]))
    vectors = torch.stack(pooled)
    n = len(factors)
    logits = torch.mm(vectors, torch.t(factors[n - 2])) + factors[n - 1]
    own = torch.squeeze(torch.gather(logits, 1, torch.unsqueeze(targets, 1)), 1)
    return [torch.logsumexp(logits, [1]) - own, vectors]

  def gradients(self: __torch__.Kernel, base: List[Tensor], factors: List[Tensor], masks: List[Tensor], sequences: List[Tensor], targets: Tensor, adapted: Tensor, settings: Tensor, reals: Tensor, weights: Tensor) -> List[Tensor]:
    # -> losses [S], pooled vectors [S, hidden], then the gradient of the weighted loss for every factor
    leaves: List[Tensor] = []
    for f in range(len(factors)):
      leaves.append(torch.requires_grad_(torch.clone(factors[f])))
    result = self.losses(base, leaves, masks, sequences, targets, adapted, settings, reals)
    loss = torch.sum(result[0] * torch.to(weights, 7))
    found = torch.autograd.grad([loss], leaves, None, None, False, True)
    for f in range(len(leaves)):
      g = found[f]
      if g is None:
        g = torch.zeros_like(factors[f])
      result.append(g)
    return result
