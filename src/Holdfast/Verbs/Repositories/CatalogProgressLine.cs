using System.Globalization;
using Holdfast.Control.Exports;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Repositories;

/// <summary>Shows how far a catalog is on a line of progress.</summary>
/// <param name="what">What is done: <c>Making the catalog</c>.</param>
internal sealed class CatalogProgressLine(ProgressLine line, string what) : IProgress<CatalogProgress>
{
    /// <summary>Shows how far a work is for as long as it goes on.</summary>
    public static Task<T> WhileAsync<T>(string what, Func<IProgress<CatalogProgress>, Task<T>> work) =>
        ProgressLine.WhileAsync($"{what},", line => work(new CatalogProgressLine(line, what)));

    public void Report(CatalogProgress value)
    {
        if (line.IsVisible)
        {
            line.Doing(Spell(what, value));
        }
    }

    internal static string Spell(string what, CatalogProgress at) =>
        at.Total is { } total ? $"{what}: {Number(at.Done)} of {Number(total)} {at.What}," : $"{what}: {Number(at.Done)} {at.What},";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
