using System.CommandLine;

namespace Holdfast.Verbs.Sessions;

/// <summary><c>completion</c>: what a shell needs to complete words of a command line.</summary>
internal static class CompletionVerb
{
    // The parser itself knows what may follow: its directive [suggest:POSITION] "LINE" says it, a word a line. Where it knows nothing, a
    // file's name may be meant.
    private const string Bash = """
        _holdfast() {
            local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}"
            local line="${COMP_LINE:0:COMP_POINT}"
            COMPREPLY=($(compgen -W "$(holdfast "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$current"))
        }
        complete -o default -F _holdfast holdfast
        """;

    private const string Zsh = """
        #compdef holdfast
        _holdfast() {
            local line="${BUFFER:0:$CURSOR}"
            local -a words_that_fit
            words_that_fit=("${(@f)$(holdfast "[suggest:${#line}]" "$line" 2>/dev/null)}")
            if [[ -n "${words_that_fit[1]}" ]]; then compadd -- "${words_that_fit[@]}"; else _files; fi
        }
        # Sourced, it registers itself; as a file of $fpath it is this function's own body.
        if [[ "${funcstack[1]}" == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
        """;

    private const string Fish = """
        function __holdfast_words
            set --local line (commandline --cut-at-cursor --current-process)
            holdfast "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete --command holdfast --arguments '(__holdfast_words)'
        """;

    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
    };

    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command(
            "completion",
            "Print what a shell needs to complete words. For this shell: 'source <(holdfast completion bash)', the same with zsh, or "
                + "'holdfast completion fish | source'; put it into the shell's start-up file to keep it."
        )
        {
            shell,
        };
        command.SetAction(parse => Console.WriteLine(Scripts[parse.GetRequiredValue(shell)]));
        return command;
    }
}
