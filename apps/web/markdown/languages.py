"""The languages whose code is coloured. Few on purpose: each lexer runs over hostile text."""

# what people write after ``` -> the lexer of pygments
LANGUAGES = {
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "console",
    "c": "c", "h": "c", "cpp": "cpp", "c++": "cpp", "csharp": "csharp", "cs": "csharp", "c#": "csharp",
    "css": "css", "scss": "scss", "diff": "diff", "patch": "diff",
    "docker": "docker", "dockerfile": "docker", "elixir": "elixir", "go": "go", "golang": "go",
    "graphql": "graphql", "haskell": "haskell", "hs": "haskell",
    "html": "html", "ini": "ini", "java": "java", "javascript": "javascript", "js": "javascript",
    "jsx": "javascript", "json": "json", "kotlin": "kotlin", "kt": "kotlin", "lua": "lua",
    "make": "bash", "makefile": "bash", "nginx": "nginx", "php": "php", "powershell": "powershell",
    "ps1": "powershell", "py": "python", "python": "python", "python3": "python", "pycon": "pycon",
    "r": "r", "ruby": "ruby", "rb": "ruby", "rust": "rust", "rs": "rust", "scala": "scala",
    "sql": "sql", "swift": "swift", "toml": "toml", "ts": "typescript", "tsx": "typescript",
    "typescript": "typescript", "xml": "xml", "svg": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
