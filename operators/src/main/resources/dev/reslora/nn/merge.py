  # Folding shortcuts into plain factors. Sums and solves in float64 (dtype 7).

  def second_moment(self: __torch__.Kernel, sum: Tensor, x: Tensor, y: Tensor, rows: Tensor, gather: bool) -> Tensor:
    # sum + x^T y over tokens, in place; gather: of x only these rows. -> [a, b] float64
    if gather:
      x = torch.index_select(x, 0, rows)
    return torch.addmm_(sum, torch.t(torch.to(x, 7)), torch.to(y, 7))

  def product_norm(self: __torch__.Kernel, x: Tensor, a: Tensor) -> float:
    # ||x A^T||_F. x: [T, in], A: [r, in]
    return self.norm(torch.mm(torch.to(x, 6), torch.t(a)))

  def norm(self: __torch__.Kernel, x: Tensor) -> float:
    # Frobenius norm
    return float(torch.item(torch.linalg_vector_norm(x, 2, dtype=7)))

  def weight_norm(self: __torch__.Kernel, w: Tensor, a: Tensor, b: Tensor, scale: float) -> float:
    # ||W + scale B A||_F. W: [out, in], A: [r, in], B: [out, r]
    return self.norm(torch.addmm(torch.to(w, 7), torch.to(b, 7), torch.to(a, 7), alpha=scale))

  def trace_ratio(self: __torch__.Kernel, c: Tensor, s: Tensor) -> float:
    # trace(C) / trace(S)
    return float(torch.item(torch.trace(c))) / float(torch.item(torch.trace(s)))

  def trace_sum(self: __torch__.Kernel, s: Tensor) -> float:
    # trace(S)
    return float(torch.item(torch.trace(s)))

  def least_squares(self: __torch__.Kernel, a: Tensor, ancestors: List[Tensor], cs: List[Tensor], s: Tensor, ridge: float) -> Tensor:
    # A* = A_n + sum_j A_j C_{j,n} (S_n + l I)^-1, l = ridge trace(S_n) / in: the optimum over all
    # dense matrices. C_{j,n}: [in_j, in_n], S_n: [in_n, in_n], both of one scale.
    width = torch.size(s, 0)
    l = ridge * float(torch.item(torch.trace(s))) / float(width)
    t = torch.to(a, 7)
    if len(cs) > 0:
      y = torch.mm(torch.to(ancestors[0], 7), cs[0])
      for i in range(len(cs) - 1):
        y = torch.addmm(y, torch.to(ancestors[i + 1], 7), cs[i + 1])
      k = torch.add(s, torch.mul(torch.eye(width, dtype=7, device=ops.prim.device(s)), l))
      (x, info) = ops.aten.linalg_solve_ex(k, torch.t(y))
      t = torch.add(t, torch.t(x))
    return torch.to(t, 6)

  def truncated(self: __torch__.Kernel, a: Tensor, b: Tensor, s: Tensor, rank: int) -> Tuple[Tensor, Tensor]:
    # The best dW* of a lower rank for the inputs seen: U U^T dW, U the left singular vectors of
    # dW S^(1/2), dW = B A. With B = Q R they are Q V, V the eigenvectors of R (A S A^T) R^T.
    # A: [R, in], B: [out, R], S: [in, in] -> A*: [r, in], B*: [out, r]
    a = torch.to(a, 7)
    (q, r) = torch.linalg_qr(torch.to(b, 7))
    ra = torch.mm(r, a)
    gram = torch.mm(torch.mm(ra, s), torch.t(ra))
    (values, vectors) = torch.linalg_eigh(torch.add(gram, torch.t(gram)))
    width = torch.size(vectors, 1)
    v = torch.narrow(vectors, 1, width - rank, rank)
    return (torch.to(torch.mm(torch.t(v), ra), 6), torch.to(torch.mm(q, v), 6))

  def square(self: __torch__.Kernel, x: Tensor, rows: Tensor, gather: bool) -> float:
    # ||x||_F^2; gather: of these rows only
    if gather:
      x = torch.index_select(x, 0, rows)
    n = self.norm(x)
    return n * n

  def explained(self: __torch__.Kernel, c: Tensor, s: Tensor, square: float, ridge: float) -> float:
    # R^2 of x_j on x_n: trace(C K^-1 C^T) / ||x_j||^2 with K = S_n + l I = L L^T, as ||L^-1 C^T||^2.
    # C: [in_j, in_n], S: [in_n, in_n], sums over the same tokens as the square.
    width = torch.size(s, 0)
    l = ridge * float(torch.item(torch.trace(s))) / float(width)
    k = torch.add(s, torch.mul(torch.eye(width, dtype=7, device=ops.prim.device(s)), l))
    (lower, info) = ops.aten.linalg_cholesky_ex(k)
    n = self.norm(ops.aten.linalg_solve_triangular(lower, torch.t(c), upper=False))
    return n * n / square

  def product_square(self: __torch__.Kernel, z: Tensor, b: Tensor) -> Tensor:
    # ||z B^T||_F^2 by the Gram matrices. z: [T, r], B: [out, r]
    z = torch.to(z, 7)
    b = torch.to(b, 7)
    return torch.sum(torch.mul(torch.mm(torch.t(z), z), torch.mm(torch.t(b), b)))

  def merge_error(self: __torch__.Kernel, xs: List[Tensor], A: List[Tensor], B: List[Tensor], mergedA: List[Tensor], mergedB: List[Tensor], scale: float, shortcut: int, first: List[int], slots: List[int], begin: List[int], window: List[int], site: List[int], col: List[int], pooled: List[int], rows: Tensor) -> Tensor:
    # For each factor ||x_n dW_n^T - D_n||_F^2 and ||D_n||_F^2 -> [factors, 2] float64.
    # dW = mergedB mergedA, the scale folded in; D_n with the shortcuts, dropout off.
    zs: List[Tensor] = []
    none: List[Tensor] = []
    sB = self.cast(B, scale, 6)
    for f in range(len(A)):
      zs.append(rows)
    errors: List[Tensor] = []
    for f in range(len(A)):
      u = self.effective_input(f, xs, shortcut, begin, window, site, pooled, rows)
      zs[f] = torch.mm(torch.to(u, 6), torch.t(self.tall(0, 1, A, shortcut, [f], begin, window)))
      z = self.middle(f, zs, shortcut, begin, window, site, pooled, rows)
      b = self.wide(f, sB, shortcut, begin, window)
      x = torch.mm(torch.to(xs[site[f]], 6), torch.t(mergedA[f]))
      errors.append(self.product_square(torch.cat([x, torch.neg(z)], 1), torch.cat([mergedB[f], b], 1)))
      errors.append(self.product_square(z, b))
    return torch.view(torch.stack(errors), [len(A), 2])
