  # The delta of an adapted projection (ResLoRA, section 3.1), spelled out, for every family's reference:
  # autograd over these formulas is what reslora.py's backward is held to.
  #
  # A projection's number is kinds layer + its kind; adapted: the numbers of those that have factors.
  # factors: A of every adapted projection, B of each. masks: for each factor one for each member of
  # its window, [tokens of all sequences, in]; one vector alone when nothing is dropped.

  def window(self: __torch__.Kernel, f: int, adapted: List[int], kinds: int, shortcut: int, pre: int) -> List[int]:
    # f, then the adapted projections of its name in the layers below, nearest first.
    most = pre
    if shortcut == 0:
      most = 0
    if shortcut == 1:
      most = 1
    js = [f]
    for k in range(f):
      j = f - 1 - k
      if adapted[j] % kinds == adapted[f] % kinds:
        if most < 0 or len(js) <= most:
          js.append(j)
    return js

  def low_rank(self: __torch__.Kernel, f: int, j: int, part: int, x: Tensor, start: int, factors: List[Tensor], masks: List[Tensor], adapted: List[int], kinds: int, shortcut: int, pre: int) -> Tensor:
    # (x * mask) A_j^T; the mask belongs to f and the part-th member of its window.
    if torch.dim(masks[0]) > 1:
      place = part
      for g in range(f):
        place = place + len(self.window(g, adapted, kinds, shortcut, pre))
      x = x * torch.narrow(masks[place], 0, start, torch.size(x, 0))
    return torch.mm(x, torch.t(factors[j]))

  def delta(self: __torch__.Kernel, f: int, xs: List[Tensor], start: int, factors: List[Tensor], masks: List[Tensor], adapted: List[int], kinds: int, shortcut: int, pre: int) -> Tensor:
    # D_n / s of factor f.
    x = xs[f]
    count = len(adapted)
    js = self.window(f, adapted, kinds, shortcut, pre)
    if shortcut == 1:
      x = x + xs[js[len(js) - 1]]
    z = self.low_rank(f, f, 0, x, start, factors, masks, adapted, kinds, shortcut, pre)
    d = torch.mm(z, torch.t(factors[count + f]))
    for k in range(len(js) - 1):
      j = js[k + 1]
      if shortcut == 2:
        z = self.low_rank(f, j, k + 1, x, start, factors, masks, adapted, kinds, shortcut, pre)
        d = d + torch.mm(z, torch.t(factors[count + j]))
      if shortcut == 3:
        z = self.low_rank(j, j, 0, xs[j], start, factors, masks, adapted, kinds, shortcut, pre)
        d = d + torch.mm(z, torch.t(factors[count + f]))
    return d
