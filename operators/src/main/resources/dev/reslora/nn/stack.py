  # The smallest model with adapted projections: x_{n+1} = tanh(h_n M_n) or h_n, no tokens, no
  # attention. The golden cases run on it, through the same adapt and adapt_backward as every family.

  def stack_forward(self: __torch__.Kernel, x: Tensor, W: List[Tensor], b: List[Tensor], M: List[Tensor], A: List[Tensor], B: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], masks: List[Tensor]) -> Tuple[List[Tensor], List[Tensor], List[Tensor]]:
    # x: [T, in_0] -> h_0 .. h_n [T, out_n], inputs x_n [T, in_n], z_n
    none: List[Tensor] = []
    hs: List[Tensor] = []
    xs: List[Tensor] = []
    zs: List[Tensor] = []
    sB = self.cast(B, scale, ops.prim.dtype(x))
    for n in range(len(A)):
      zs.append(x)
    for n in range(len(W)):
      if n > 0:
        x = hs[n - 1]
        if len(M) > 0:
          x = torch.tanh(torch.mm(x, M[n - 1]))
      xs.append(x)
      h = torch.linear(x, W[n], b[n])
      h = self.adapt(n, h, xs, zs, A, sB, shortcut, first, slots, begin, window, site, col, pooled, x, masks, none, 0, 0.0)
      hs.append(h)
    return (hs, xs, zs)

  def stack_backward(self: __torch__.Kernel, g: Tensor, xs: List[Tensor], zs: List[Tensor], W: List[Tensor], M: List[Tensor], A: List[Tensor], B: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], masks: List[Tensor]) -> Tuple[Tensor, List[Tensor], List[Tensor]]:
    # g = dL/dh_last -> dL/dx_0, dL/dA_n, dL/dB_n
    none: List[Tensor] = []
    sB = self.cast(B, scale, ops.prim.dtype(g))
    gA: List[Tensor] = []
    gB: List[Tensor] = []
    dxs: List[Optional[Tensor]] = []
    dzs: List[Optional[Tensor]] = []
    for f in range(len(A)):
      gA.append(torch.zeros_like(A[f]))
      gB.append(torch.zeros_like(B[f]))
      dzs.append(None)
    for n in range(len(W)):
      dxs.append(None)
    for k in range(len(W)):
      n = len(W) - 1 - k
      dx = self.adapt_backward(n, g, torch.mm(g, W[n]), xs, zs, dxs, dzs, A, sB, gA, gB, scale, shortcut, first, slots, begin, window, site, col, pooled, g, masks, none, 0, 0.0)
      if dx is not None:
        g = dx
      if n > 0:
        if len(M) > 0:
          g = torch.mm(torch.mul(g, torch.rsub(torch.mul(xs[n], xs[n]), 1)), torch.t(M[n - 1]))
    return (g, gA, gB)
