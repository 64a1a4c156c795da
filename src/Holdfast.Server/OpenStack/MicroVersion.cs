using System.Globalization;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>The microversion of a request under <c>/v3</c> (contract, section 6.1): what it asks for, brought into what there is, and told
/// back.</summary>
internal readonly record struct MicroVersion(int Minor)
{
    /// <summary>3.0 to 3.45: higher ones would make clients send members that mean nothing here.</summary>
    public const int Latest = 45;

    /// <summary>From 3.31 on lists are filtered by parts of texts: <c>name~=…</c>.</summary>
    public bool HasPartFilters => Minor >= 31;

    /// <summary>From 3.45 on lists tell how many there are in all, when they are asked.</summary>
    public bool HasCount => Minor >= 45;

    /// <summary>From 3.43 on backups have metadata.</summary>
    public bool HasBackupMetadata => Minor >= 43;

    /// <summary>From 3.12 on there are totals of all volumes; from 3.36 on with their metadata.</summary>
    public bool HasVolumeTotals => Minor >= 12;

    public bool HasMetadataInTotals => Minor >= 36;

    private const string Header = "OpenStack-API-Version";

    public static MicroVersion Of(HttpContext context) =>
        IsVersioned(context) ? Parse(context.Request.Headers[Header].ToString()) : default;

    /// <summary>The microversion of a request for what is there from one on.</summary>
    /// <param name="least">Minor number.</param>
    /// <param name="what">What is asked for, in the plural.</param>
    /// <exception cref="ApiException">404 below it, as Cinder has no such path there.</exception>
    public static MicroVersion From(HttpContext context, int least, string what)
    {
        var version = Of(context);
        return version.Minor >= least
            ? version
            : throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"API version 3.{version.Minor.ToString(CultureInfo.InvariantCulture)} is not supported on this method; "
                    + $"{what} are there from 3.{least.ToString(CultureInfo.InvariantCulture)} on."
            );
    }

    /// <summary>Tells every answer under <c>/v3</c> the version that it was made with.</summary>
    public static Task TellAsync(HttpContext context, RequestDelegate next)
    {
        if (IsVersioned(context))
        {
            context.Response.Headers[Header] = $"volume 3.{Of(context).Minor.ToString(CultureInfo.InvariantCulture)}";
            context.Response.Headers.Vary = Header;
        }

        return next(context);
    }

    /// <summary><c>volume 3.N</c> or <c>volume latest</c>, among those of other services. What is none, or below, is 3.0.</summary>
    internal static MicroVersion Parse(string header)
    {
        foreach (var part in header.Split(','))
        {
            if (
                part.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var service, var version]
                || !service.Equals("volume", StringComparison.OrdinalIgnoreCase)
            )
            {
                continue;
            }

            if (version.Equals("latest", StringComparison.OrdinalIgnoreCase))
            {
                return new(Latest);
            }

            if (
                version.Split('.') is [{ Length: > 0 } major, { Length: > 0 } minor]
                && major.All(char.IsAsciiDigit)
                && minor.All(char.IsAsciiDigit)
            )
            {
                return new(
                    NumberOf(major) switch
                    {
                        > 3 => Latest,
                        < 3 => 0,
                        _ => Math.Min(NumberOf(minor), Latest),
                    }
                );
            }
        }

        return default;
    }

    /// <summary>Digits as a number; more than it holds are the largest.</summary>
    private static int NumberOf(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    private static bool IsVersioned(HttpContext context) => context.Request.Path.StartsWithSegments("/v3");
}
