
export function mount() {}
